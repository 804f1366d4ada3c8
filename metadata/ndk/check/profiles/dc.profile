# Dublin Core: fDMF monograph 2.2 and periodical 2.1, biblioProfiles/dc.

prefix dc http://purl.org/dc/elements/1.1/
prefix oai_dc http://www.openarchives.org/OAI/2.0/oai_dc/

dmf monograph

profile dc/volume_singlevolume_rda
  oai_dc:dc 1
    title + <text>
    description * <text>
    creator * <text>
    type[text()='model:monograph'] + <text>
    type * <text>
    coverage * <text>
    publisher * <text>
    date * <text>
    language + <languages>
    format + <text>
    subject * <text>
    identifier + <text>
    source * <text>

profile dc/volume_singlevolume_aacr2 like dc/volume_singlevolume_rda
  oai_dc:dc 1
    date + <text>

profile dc/volume_multivolume_aacr2 like dc/volume_singlevolume_aacr2
  oai_dc:dc 1
    - type[text()='model:monograph']
    type[text()='model:monographunit'] + <text>

profile dc/volume_multivolume_rda like dc/volume_multivolume_aacr2
  oai_dc:dc 1
    date * <text>

profile dc/volume_graphic_aacr2 like dc/volume_singlevolume_aacr2
  oai_dc:dc 1
    - type[text()='model:monograph']
    type[text()='model:graphic'] + <text>

profile dc/volume_graphic_rda like dc/volume_graphic_aacr2
  oai_dc:dc 1
    date * <text>

profile dc/volume_cartographic_aacr2 like dc/volume_singlevolume_aacr2
  oai_dc:dc 1
    - type[text()='model:monograph']
    type[text()='model:map'] + <text>

profile dc/volume_cartographic_rda like dc/volume_cartographic_aacr2
  oai_dc:dc 1
    date * <text>

profile dc/volume_sheetmusic_aacr2 like dc/volume_singlevolume_aacr2
  oai_dc:dc 1
    - type[text()='model:monograph']
    type[text()='model:sheetmusic'] + <text>

profile dc/volume_sheetmusic_rda like dc/volume_sheetmusic_aacr2
  oai_dc:dc 1
    date * <text>

profile dc/title_rda like dc/volume_singlevolume_rda
  oai_dc:dc 1
    - type
    language * <languages>

profile dc/title_aacr2 like dc/title_rda
  oai_dc:dc 1
    - publisher

profile dc/supplement_aacr2 dc/supplement_rda like dc/title_rda
  oai_dc:dc 1
    - type[text()='model:monograph']
    - source
    type[text()='model:supplement'] + <text>
    type[text() != 'model:supplement'] * <text>

profile dc/internalpart_chapter_aacr2 dc/internalpart_chapter_rda like dc/title_aacr2
  oai_dc:dc 1
    - type[text()='model:monograph']
    - date
    - source
    type[text()='model:internalpart'] + <text>
    language + <languages>
    format * <text>

profile dc/internalpart_picture_aacr2 dc/internalpart_picture_rda like dc/internalpart_chapter_aacr2
  oai_dc:dc 1
    - language

profile dc/page_aacr2 dc/page_rda
  oai_dc:dc 1
    title * <text>
    identifier + <text>
    coverage * <text>
    type[text()='model:page'] + <text>
    description * <text>

dmf periodical

profile dc/title_rda
  oai_dc:dc 1
    title + <text>
    description * <text>
    creator * <text>
    type[text()='model:periodical'] + <text>
    type * <text>
    coverage * <text>
    publisher * <text>
    date * <text>
    language + <text>
    format + <text>
    subject * <text>
    identifier + <text>
    source * <text>

profile dc/title_aacr2 like dc/title_rda
  oai_dc:dc 1
    date + <text>

profile dc/volume_rda dc/volume_aacr2
  oai_dc:dc 1
    title * <text>
    creator * <text>
    type[text()='model:periodicalvolume'] + <text>
    type * <text>
    date + <text>
    identifier + <text>

profile dc/issue_aacr2 dc/issue_rda like dc/title_rda
  oai_dc:dc 1
    - type[text()='model:periodical']
    type[text()='model:periodicalitem'] + <text>
    language + <languages>
    format * <text>

profile dc/supplement_aacr2 dc/supplement_rda like dc/title_rda
  oai_dc:dc 1
    - type[text()='model:periodical']
    type[text()='model:supplement'] + <text>
    language + <languages>

profile dc/internalpart_article_aacr2 dc/internalpart_article_rda
  oai_dc:dc 1
    title + <text>
    creator * <text>
    type[text()='model:internalpart'] + <text>
    language * <languages>
    description * <text>
    subject + <text>
    identifier + <text>
    coverage * <text>

profile dc/internalpart_picture_aacr2 dc/internalpart_picture_rda like dc/internalpart_article_aacr2
  oai_dc:dc 1
    - language

profile dc/page_aacr2 dc/page_rda
  oai_dc:dc 1
    title * <text>
    identifier + <text>
    coverage * <text>
    type + model:page
    description * <text>
