# MODS of monographs, maps, graphics and sheet music: fDMF monograph 2.2, biblioProfiles/mods.

prefix mods http://www.loc.gov/mods/v3
dmf monograph

fragment place
  place *
    placeTerm * <text>
      @type 1 code | text
      @authority ? marccountry

fragment name_parts
  namePart[@type='date'] * <text>
    @type 1 <text>
  namePart[@type='family'] * <text>
    @type 1 <text>
  namePart[@type='given'] * <text>
    @type 1 <text>
  namePart[@type='termsOfAddress'] * <text>
    @type 1 <text>
  namePart[not(@type)] * <text>
  alternativeName *
    namePart + <text>
  nameIdentifier * <text>
  role *
    roleTerm + ~ <relators>
      @type 1 code
      @authority 1 ~ marcrelator

fragment language
  languageTerm + <languages>
    @type 1 code
    @authority 1 iso639-2b
  at most one mods:languageTerm[@type='code' and @authority='iso639-2b']/text()

fragment title_parts
  nonSort * <text>
  title + <text>
  subTitle * <text>
  partNumber * <text>
  partName * <text>

fragment end_of_event
  dateCreated * <text>
  edition * <text>
  issuance + monographic | multipart monograph | single unit

fragment record_dates
  recordCreationDate + <moment>
    @encoding 1 iso8601
  recordChangeDate * <moment>
    @encoding 1 iso8601

fragment identifier
  @type 1 <text>
  @invalid ? yes

profile mods/volume_singlevolume_rda
  mods 1
    @ID 1 /MODS_VOLUME_[0-9]{4}/
    @version ? 3.8
    titleInfo +
      @type ? alternative | translated | uniform | abbreviated
      use title_parts
    name[not(mods:etal)] *
      @type ? personal | corporate | conference | family
      @usage ? primary
      use name_parts
      at least one mods:namePart
    name[mods:etal] *
      etal + <text>
    typeOfResource * text
    genre[text()='volume'] +
    genre *
    originInfo[@eventType='production'] *
      @eventType 1 <text>
      use place
      agent *
        namePart + <text>
        role +
          roleTerm + producer
      dateOther * <text>
        @type 1 production
      use end_of_event
    originInfo[@eventType='publication'] *
      @eventType 1 <text>
      use place
      agent *
        namePart + <text>
        role +
          roleTerm + publisher
      dateIssued + <text>
        @encoding ? <text>
        @point ? <text>
        @qualifier ? <text>
      use end_of_event
    originInfo[@eventType='distribution'] *
      @eventType 1 <text>
      use place
      agent *
        namePart + <text>
        role +
          roleTerm + distributor
      dateOther * <text>
        @type 1 distribution
      use end_of_event
    originInfo[@eventType='manufacture'] *
      @eventType 1 <text>
      use place
      agent *
        namePart + <text>
        role +
          roleTerm + manufacturer
      dateOther * <text>
        @type 1 manufacture
      use end_of_event
    originInfo[@eventType='copyright'] *
      @eventType 1 <text>
      use place
      agent *
        namePart + <text>
        role *
          roleTerm * <text>
      copyrightDate * <text>
      use end_of_event
    language +
      @objectPart ? summary | table of contents | accompanying material | translation
      use language
    physicalDescription +
      form + <text>
        @authority ? rdamedia | rdacarrier | marcform | marccategory | marcsmd | gmd
      extent * <text>
      note * <text>
    abstract * <text>
    note * <text>
    subject *
      @authority ? ~ czenas | eczenas | Konspekt | czmesh | mednas | msvkth | agrovoc
      topic * <text>
        @valueURI ? <text>
      geographic * <text>
        @valueURI ? <text>
      temporal * <text>
      name *
        namePart + <text>
        nameIdentifier * <text>
    classification * <text>
      @authority 1 udc | Konspekt
      @edition ? Konspekt
    relatedItem *
      @type ? <relation>
      @otherType ? <text>
      @otherTypeURI ? <text>
      @otherTypeAuth ? <text>
      @otherTypeAuthURI ? <text>
      *
    identifier[@type='uuid'] + <uuid>
      use identifier
    identifier[@type='urnnbn'] + <urnnbn>
      use identifier
    identifier[@type='ccnb'] * <text>
      use identifier
    identifier[@type='issn'] * <text>
      use identifier
    identifier[@type='isbn'] * <isbn>
      use identifier
    identifier[@type='ismn'] * <text>
      use identifier
    identifier[@type] * <text>
      @type ? <text>
      @invalid ? yes
    location *
      url * <text>
        @note ? <text>
      physicalLocation 1 <sigla>
        @authority ? siglaADR
      shelfLocator + <text>
    recordInfo +
      descriptionStandard + rda
      recordContentSource * <sigla>
        @authority ? siglaADR
      use record_dates
      recordIdentifier * <text>
        @source ? <text>
      recordOrigin * ~ machine generated | human prepared
      languageOfCataloging *
        languageTerm +
          @authority ? iso639-2b
    at least one mods:originInfo[@eventType='publication' or @eventType='production']

profile mods/volume_singlevolume_aacr2 like mods/volume_singlevolume_rda
  mods 1
    - originInfo[@eventType='production']
    - originInfo[@eventType='publication']
    - originInfo[@eventType='distribution']
    - originInfo[@eventType='manufacture']
    - originInfo[@eventType='copyright']
    - at least one mods:originInfo[@eventType='publication' or @eventType='production']
    originInfo +
      use place
      agent *
        namePart + <text>
        role +
          roleTerm + publisher | manufacturer
      dateIssued + <text>
        @encoding ? <text>
        @point ? <text>
        @qualifier ? <text>
      dateOther * <text>
        @type 1 manufacture
      copyrightDate * <text>
      use end_of_event
    physicalDescription +
      form + <text>
        @authority 1 marcform | marccategory | marcsmd | gmd
    recordInfo +
      descriptionStandard + ~ aacr

profile mods/volume_multivolume_aacr2 like mods/volume_singlevolume_aacr2
  mods 1
    genre * <text>
    originInfo +
      issuance + monographic | multipart monograph
    physicalDescription +
      form + <text>
        @type ? <text>

profile mods/volume_multivolume_rda like mods/volume_singlevolume_rda
  mods 1
    genre * <text>
    originInfo[@eventType='production'] *
      issuance + monographic | multipart monograph
    physicalDescription +
      - form
      form[not(@authority='rdamedia') and not(@authority='rdacarrier')] + <text>
        @authority ? rdamedia | rdacarrier | marcform | marccategory | marcsmd | gmd
        @type ? <text>
      form[@authority='rdacarrier' and @type='carrier'] * <text>
        @authority 1 <text>
        @type 1 <text>
      form[@authority='rdamedia' and @type='media'] * <text>
        @authority 1 <text>
        @type 1 <text>

profile mods/volume_graphic_aacr2 like mods/volume_multivolume_aacr2
  mods 1
    - genre[text()='volume']
    - identifier[@type='ismn']
    typeOfResource * still image
    genre[text()='graphic'] +
    originInfo +
      - dateCreated
      - edition
      place *
        placeTerm * <text>
          @authority 1 <text>
      issuance + <text>
    subject *
      cartographics *
        coordinates * <text>
        scale * <text>

profile mods/volume_graphic_rda like mods/volume_singlevolume_rda
  mods 1
    - genre[text()='volume']
    - identifier[@type='ismn']
    typeOfResource * still image
    genre[text()='graphic'] +
    genre * <text>
    originInfo[@eventType='copyright'] *
      issuance + <text>
    physicalDescription +
      form + <text>
        @authority ? rdamedia | rdacarrier | marcform | marccategory | marcsmd
        @type ? media | carrier
    subject *
      cartographics *
        coordinates * <text>
        scale * <text>

profile mods/volume_cartographic_aacr2 like mods/volume_graphic_aacr2
  mods 1
    - genre[text()='graphic']
    typeOfResource * cartographic
    genre[text()='cartographic'] +

profile mods/volume_cartographic_rda like mods/volume_graphic_rda
  mods 1
    - genre[text()='graphic']
    typeOfResource * cartographic
    genre[text()='cartographic'] +

profile mods/volume_sheetmusic_aacr2 like mods/volume_singlevolume_aacr2
  mods 1
    - genre[text()='volume']
    typeOfResource * notated music
    genre[text()='sheetmusic'] +
    genre * <text>
    originInfo +
      - dateCreated
      - edition
      place *
        placeTerm * <text>
          @authority ? <text>
      issuance + <text>
    subject *
      - geographic
      @authority ? ~ czenas | eczenas | Konspekt | czmesh | mednas | msvkth
    part *
      @type 1 volume
      detail *
        caption * <text>
    recordInfo +
      descriptionStandard + aacr
      recordContentSource * <text>
        @authority ? marcorg

profile mods/volume_sheetmusic_rda like mods/volume_multivolume_rda
  mods 1
    - genre[text()='volume']
    typeOfResource * notated music
    genre[text()='sheetmusic'] +
    originInfo[@eventType='production'] *
      issuance + <text>
    subject *
      - geographic
      @authority ? ~ czenas | eczenas | Konspekt | czmesh | mednas | msvkth
    part *
      @type 1 volume
      detail *
        caption * <text>
    recordInfo +
      recordContentSource * <text>
        @authority ? marcorg

profile mods/title_rda like mods/volume_multivolume_rda
  mods 1
    - typeOfResource
    - genre[text()='volume']
    - genre
    - relatedItem
    - identifier[@type='urnnbn']
    @ID 1 /MODS_TITLE_[0-9]{4}/
    name[not(mods:etal)] *
      - at least one mods:namePart
      @usage ? ~ primary
      namePart[@type='date'] * /[0-9]{4}-[0-9]{4}/
    name[mods:etal] *
      etal 1 <text>
    genre[text()='title'] +
    language *
      @objectPart ? ~ translation
    originInfo[@eventType='production'] *
      - edition
      - issuance
    originInfo[@eventType='publication'] *
      - edition
      - issuance
    originInfo[@eventType='distribution'] *
      - edition
      - issuance
    originInfo[@eventType='manufacture'] *
      - edition
      - issuance
    originInfo[@eventType='copyright'] *
      - edition
      - issuance
    physicalDescription +
      form[not(@authority='rdamedia') and not(@authority='rdacarrier')] + <text>
        @authority ? marcform | marccategory | marcsmd | gmd
    subject *
      @authority ? czenas | eczenas | Konspekt | czmesh | mednas | msvkth | agrovoc
    location *
      physicalLocation + <sigla>
      shelfLocator * <text>
    recordInfo +
      descriptionStandard + ~ rda

profile mods/title_aacr2 like mods/volume_multivolume_aacr2
  mods 1
    - typeOfResource
    - genre[text()='volume']
    - genre
    - relatedItem
    - identifier[@type='urnnbn']
    @ID 1 /MODS_TITLE_[0-9]{4}/
    name[not(mods:etal)] *
      - at least one mods:namePart
      @usage ? ~ primary
      namePart[@type='date'] * /[0-9]{4}-[0-9]{4}/
    name[mods:etal] *
      etal 1 <text>
    genre[text()='title'] +
    language *
      @objectPart ? ~ translation
    originInfo +
      - issuance
      place *
        placeTerm * <text>
          @authority ? ~ marccountry
    subject *
      @authority ? czenas | eczenas | Konspekt | czmesh | mednas | msvkth | agrovoc
    location *
      physicalLocation + <sigla>
      shelfLocator * <text>

profile mods/supplement_aacr2 like mods/volume_singlevolume_aacr2
  mods 1
    - genre[text()='volume']
    - genre
    - relatedItem
    - location
    @ID 1 /MODS_SUPPL_[0-9]{4}/
    titleInfo +
      - @type
    name[not(mods:etal)] *
      @type 1 personal | corporate | conference | family
    typeOfResource * text | cartographic | notated music | sound recording-musical | sound recording-nonmusical | sound recording | still image | moving image | three dimensional object | software, multimedia | mixed material
    genre[text()='supplement'] +
    genre[text()!='supplement'] *
    originInfo *
      - edition
      - issuance
      @transliteration ? printer
      place *
        placeTerm * <text>
          @authority ? <text>
      dateIssued * /[0-9]{1,4}/ | /[0-9]{1,2}\.[0-9]{1,4}/ | /[0-9]{1,2}\.-[0-9]{1,2}\.[0-9]{1,4}/ | /[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,4}/ | /[0-9]{1,2}\.-[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,4}/
        - @encoding
        - @point
      dateCreated * <text>
        @qualifier ? <text>
      frequency *
    language *
      - @objectPart
    subject *
      @authority ? czenas | eczenas | Konspekt | czmesh | mednas | msvkth | agrovoc
    identifier[@type='urnnbn'] * <urnnbn>
    identifier[@type='issn'] * <issn_form>
    recordInfo +
      - recordIdentifier
      - languageOfCataloging

profile mods/supplement_rda like mods/title_rda
  mods 1
    - genre[text()='title']
    - location
    - at least one mods:originInfo[@eventType='publication' or @eventType='production']
    @ID 1 /MODS_SUPPL_[0-9]{4}/
    titleInfo +
      - @type
    name[not(mods:etal)] *
      @type 1 personal | corporate | conference | family
      @usage ? primary
      namePart[@type='date'] * <text>
      at least one mods:namePart
    name[mods:etal] *
      etal + <text>
    typeOfResource * text | cartographic | notated music | sound recording-musical | sound recording-nonmusical | sound recording | still image | moving image | three dimensional object | software, multimedia | mixed material
    genre[text()='supplement'] +
    genre[text()!='supplement'] *
    originInfo[@eventType='production'] *
      - dateCreated
      dateOther * <text>
        @qualifier ? <text>
    originInfo[@eventType='publication'] *
      - dateCreated
      dateIssued * <text>
        - @encoding
        - @point
    originInfo[@eventType='distribution'] *
      - dateCreated
      dateOther * <text>
        @qualifier ? <text>
    originInfo[@eventType='manufacture'] *
      - dateCreated
      dateOther * <text>
        @qualifier ? <text>
    originInfo[@eventType='copyright'] *
      - dateCreated
    language *
      - @objectPart
    physicalDescription +
      - form[not(@authority='rdamedia') and not(@authority='rdacarrier')]
      - form[@authority='rdacarrier' and @type='carrier']
      - form[@authority='rdamedia' and @type='media']
      form + <text>
        @authority ? rdamedia | rdacarrier | marcform | marccategory | marcsmd
        @type 1 media | carrier
    identifier[@type='urnnbn'] * <urnnbn>
      use identifier
    identifier[@type='issn'] * <issn_form>
    recordInfo +
      - recordIdentifier
      - languageOfCataloging

profile mods/internalpart_chapter_aacr2 mods/internalpart_chapter_rda
  mods 1
    @ID 1 /MODS_CHAP_[0-9]{4}/
    @version ? 3.8
    titleInfo +
      use title_parts
    name[not(mods:etal)] *
      @type ? personal | corporate | conference | family
      @usage ? primary
      use name_parts
    name[mods:etal] *
      etal + <text>
    genre[text()='chapter'] + chapter
      @type ? abstract | annotation | bibliography | article | dedication | afterword | editorsNote | advertisement | chapter | bibliographicalPortrait | obituary | sheetMusic | tableOfContents | subchapter | preface | contributors | review | index | summary | interview | study | technicalPlanScheme | introduction | conclusion | otherNote | unspecified
    genre * <text>
    language *
      use language
    abstract * <text>
    note * <text>
    subject *
      @authority ? czenas | eczenas | czmesh | mednas | msvkth | agrovoc
      topic + <text>
        @authority ? czenas | eczenas | czmesh | mednas | msvkth | agrovoc
        @mods:valueURI ? <text>
      cartographics *
        coordinates * <text>
        scale * <text>
      geographic * <text>
        @authority ? czenas
        @mods:valueURI ? <text>
      temporal * <text>
        @authority ? czenas
      name *
        @authority 1 czenas
        namePart * <text>
        nameIdentifier * <text>
    classification * <text>
      @authority 1 udc | Konspekt
      @edition ? Konspekt
    identifier[@type='uuid'] + <uuid>
      use identifier
    identifier[@type='urnnbn'] * <urnnbn>
      use identifier
    identifier[@type] * <text>
      @invalid ? yes
      @type ? <text>
    part *
      @type 1 pageNumber | pageIndex
      *
    recordInfo +
      recordContentSource * <text>
      use record_dates
      recordOrigin * ~ machine generated | human prepared

profile mods/internalpart_picture_aacr2 mods/internalpart_picture_rda like mods/internalpart_chapter_aacr2
  mods 1
    - genre[text()='chapter']
    - part
    @ID 1 /MODS_PICT_[0-9]{4}/
    genre[text()='picture'] + picture
      @type ? photograph | chart | graphic | illustration | advertisement | map | plate | table | technicalPlanScheme | unspecified

profile mods/page_aacr2 mods/page_rda
  mods 1
    @ID 1 /MODS_PAGE_[0-9]{4}/
    @version ? 3.8
    titleInfo *
      nonSort * <text>
      title * <text>
      subTitle * <text>
    identifier[@type='uuid'] + <uuid>
      @type 1 <text>
    part[mods:detail[@type='pageNumber']] *
      @type 1 <page_types>
      detail *
        @type 1 <text>
        number * <text>
      extent *
        @unit 1 pages
        start + <text>
    part[mods:detail[@type='pageIndex']] *
      detail +
        @type 1 <text>
        number + <text>
    note * right | left | singlePage
    genre + reprePage | page
      @type 1 <page_types>
    typeOfResource * text | still image | notated music | cartographic
    physicalDescription *
      note * <text>
