# MODS of periodicals: fDMF periodical 2.1, biblioProfiles/mods.

prefix mods http://www.loc.gov/mods/v3
dmf periodical

fragment place
  place *
    placeTerm * <text>
      @type 1 code | text
      @authority ? <text>

fragment name_parts
  namePart * <text>
    @type ? date | family | given | termsOfAddress
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
  issuance + continuing | serial | integrating resource
  frequency * <text>
    @authority ? <text>

fragment record_dates
  recordCreationDate + <moment>
    @encoding 1 iso8601
  recordChangeDate * <moment>
    @encoding 1 iso8601

fragment identifier
  @type 1 <text>
  @invalid ? yes

profile mods/title_rda
  mods 1
    @ID 1 /MODS_TITLE_[0-9]{4}/
    @version ? 3.8
    titleInfo +
      @type ? alternative | translated | uniform | abbreviated
      use title_parts
    name *
      @type ? personal | corporate | conference | family
      @usage ? ~ primary
      use name_parts
    typeOfResource * text
    genre[text()='title'] +
    genre * <text>
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
    originInfo[@eventType='copyright'] *
      @eventType 1 <text>
      use place
      agent *
        namePart + <text>
        role *
          roleTerm * <text>
      copyrightDate * <text>
      use end_of_event
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
    language +
      @objectPart ? summary | table of contents | accompanying material | translation
      use language
    physicalDescription +
      form + <text>
        @authority ? rdamedia | rdacarrier | marcform | marccategory | marcsmd
        @type ? media | carrier
      extent * <text>
      note * <text>
    abstract * <text>
    note * <text>
      @type ? <text>
    subject *
      @authority ? ~ czenas | eczenas | mednas | czmesh | Konspekt
      topic * <text>
        @valueURI ? <text>
      geographic * <text>
        @valueURI ? <text>
      geographicCode * <text>
        @authority ? marcgac
      temporal * <text>
      name *
        @type ? personal | corporate | conference | family
        @usage ? primary
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
    identifier[@type='issn'] * <issn>
      use identifier
    identifier[@type] * <text>
      use identifier
    location *
      physicalLocation 1 <sigla>
        @authority ? siglaADR
      shelfLocator * <text>
      url * <text>
        @note ? <text>
        @displayLabel ? <text>
        @usage ? <text>
        @access ? <text>
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

profile mods/title_aacr2 like mods/title_rda
  mods 1
    - originInfo[@eventType='publication']
    - originInfo[@eventType='copyright']
    - originInfo[@eventType='production']
    - originInfo[@eventType='distribution']
    - originInfo[@eventType='manufacture']
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
        @authority ? marcform | marccategory | marcsmd | gmd
    identifier[@type='isbn'] * <isbn_form>
      use identifier
    recordInfo +
      descriptionStandard + ~ aacr

profile mods/volume_rda mods/volume_aacr2
  mods 1
    @ID 1 /MODS_VOLUME_[0-9]{4}/
    @version ? 3.8
    titleInfo +
      partNumber * <text>
    name *
      @type ? personal | corporate | conference | family
      @usage ? ~ primary
      namePart * <text>
        @type ? date | family | given | termsOfAddress
      alternativeName *
        namePart + <text>
      nameIdentifier * <text>
      role *
        roleTerm * ~ <relators>
          @type 1 code
          @authority 1 ~ marcrelator
    genre[text()='volume'] +
    genre * <text>
    originInfo +
      dateIssued + <text>
        @point ? start | end
        @qualifier ? <text>
    identifier[@type='uuid'] + <uuid>
      use identifier
    identifier[@type] * <text>
      use identifier
    physicalDescription *
      note * <text>

profile mods/issue_aacr2 mods/issue_rda like mods/title_aacr2
  mods 1
    - titleInfo
    - typeOfResource
    - genre[text()='title']
    - classification
    - identifier[@type='issn']
    - recordInfo
    @ID 1 /MODS_ISSUE_[0-9]{4}/
    titleInfo[not(@otherType)] +
      use title_parts
    titleInfo[boolean(@otherType)] *
      @type ? alternative | translated | uniform | abbreviated
      @otherType 1 mutational edition
      use title_parts
    name *
      namePart + <text>
    genre[text()='issue'] + <text>
      @type 1 normal | morning | afternoon | evening | corrected | special | supplement | /sequence_[0-9]+/
    originInfo *
      - dateOther
      - copyrightDate
      - dateCreated
      - issuance
      - frequency
      place *
        placeTerm * <text>
          @type ? code | text
      dateIssued * <text>
        - @encoding
        @point ? start | end
    language +
      @objectPart ? <text>
    physicalDescription *
      - form
    note * <text>
      - @type
    subject *
      - geographic
      - geographicCode
      @authority ? czenas | eczenas | mednas | czmesh | Konspekt
      name *
        - @type
        - @usage
    identifier[@type='urnnbn'] + <urnnbn>
      use identifier
    location *
      url * <text>
        - @displayLabel
        - @usage
        - @access

profile mods/supplement_aacr2 like mods/title_aacr2
  mods 1
    - name
    - genre[text()='title']
    - originInfo
    @ID 1 /MODS_SUPPL_[0-9]{4}/
    titleInfo +
      - @type
    name[not(mods:etal)] *
      @type ? personal | corporate | conference | family
      @usage ? primary
      use name_parts
      affiliation * <text>
    name[mods:etal] *
      etal + <text>
    typeOfResource * text | cartographic | notated music | sound recording-musical | sound recording-nonmusical | sound recording | still image | moving image | three dimensional object | software, multimedia | mixed material
    genre[text()='supplement'] + <text>
      @type 1 volume_supplement | issue_supplement
    originInfo[not(@transliteration='printer')] *
      use place
      agent *
        namePart + <text>
        role +
          roleTerm + publisher | manufacturer
      dateIssued * <text>
        @qualifier ? <text>
      dateOther * <text>
        @type 1 manufacture
      copyrightDate * <text>
      dateCreated * <text>
        @qualifier ? <text>
      frequency * <text>
    originInfo[@transliteration='printer'] *
      use place
      publisher * <text>
      dateIssued * <text>
        @qualifier ? <text>
      dateCreated * <text>
        @qualifier ? <text>
      frequency * <text>
    language +
      - @objectPart
    note * <text>
      - @type
    subject *
      - geographicCode
      @authority ? czenas | eczenas | mednas | czmesh | Konspekt
      name *
        - @type
        - @usage
    identifier[@type='urnnbn'] * <urnnbn>
      use identifier
    identifier[@type] * <text>
      @type ? <text>
    location *
      url * <text>
        - @displayLabel
        - @usage
        - @access
    recordInfo +
      - recordIdentifier
      - languageOfCataloging
      descriptionStandard + aacr

profile mods/supplement_rda like mods/supplement_aacr2
  mods 1
    - originInfo[not(@transliteration='printer')]
    - originInfo[@transliteration='printer']
    originInfo[@eventType='publication'] *
      @eventType 1 <text>
      use place
      agent *
        namePart + <text>
        role +
          roleTerm + publisher
      dateIssued * <text>
        @qualifier ? <text>
    originInfo[@eventType='production'] *
      @eventType 1 <text>
      use place
      agent *
        namePart + <text>
        role +
          roleTerm + producer
      dateOther * <text>
        @type 1 production
    originInfo[@eventType='distribution'] *
      @eventType 1 <text>
      use place
      agent *
        namePart + <text>
        role +
          roleTerm + distributor
      dateOther * <text>
        @type 1 distribution
    originInfo[@eventType='manufacture'] *
      @eventType 1 <text>
      use place
      agent *
        namePart + <text>
        role +
          roleTerm + manufacturer
      dateOther * <text>
        @type 1 manufacture
    originInfo[@eventType='copyright'] *
      @eventType 1 <text>
      use place
      agent *
        namePart + <text>
        role *
          roleTerm * <text>
      copyrightDate * <text>
      frequency * <text>
    physicalDescription +
      form + <text>
        @authority ? rdamedia | rdacarrier | marcform | marccategory | marcsmd
    recordInfo +
      descriptionStandard + rda

profile mods/internalpart_article_aacr2 mods/internalpart_article_rda like mods/supplement_aacr2
  mods 1
    - typeOfResource
    - genre[text()='supplement']
    - genre
    - originInfo[not(@transliteration='printer')]
    - originInfo[@transliteration='printer']
    - physicalDescription
    - identifier[@type='urnnbn']
    - identifier[@type='issn']
    - identifier[@type='isbn']
    - location
    @ID 1 /MODS_ART_[0-9]{4}/
    genre[text()='article'] + <text>
      @type ? abstract | annotation | bibliography | dedication | afterword | editorsNote | mainArticle | advertisement | bibliographicalPortrait | obituary | sheetMusic | tableOfContents | preface | contributors | review | index | summary | interview | study | technicalPlanScheme | introduction | editorial | conclusion | news | otherNote | unspecified
    language *
    subject *
      topic + <text>
        @authority ? czenas | eczenas | mednas | czmesh | Konspekt
      temporal * <text>
        @authority ? czenas
      name *
        @authority 1 czenas
    part *
      @type 1 pageNumber | pageIndex
      *
    recordInfo +
      - descriptionStandard
      recordContentSource * <text>
        - @authority

profile mods/internalpart_picture_aacr2 mods/internalpart_picture_rda like mods/internalpart_article_aacr2
  mods 1
    - genre[text()='article']
    - language
    - part
    @ID 1 /MODS_PICT_[0-9]{4}/
    genre[text()='picture'] + <text>
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
    part[mods:detail[@type!='pageIndex']] *
      @type 1 <page_types>
      detail *
        @type 1 pageNumber
        number * <text>
      extent *
        @unit 1 pages
        start + <text>
    part[mods:detail[@type='pageIndex']] *
      detail +
        @type 1 pageIndex
        number + <text>
    note * right | left | singlePage
    genre + reprePage | page
      @type 1 ~ <page_types_of_genre>
    typeOfResource * text | still image | image | notated music | cartographic
    physicalDescription *
      note * <text>
