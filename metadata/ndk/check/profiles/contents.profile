# Contents with names, for all other files; sources: fDMF monograph 2.2 and periodical 2.1 (2024-12-17).

content number = /[0-9]+/
content year = /[0-9]{4}/
content uuid = /[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}/
content urnnbn = /(?i)urn:nbn:cz:[a-z0-9]{2,6}-[a-z0-9]{6}/
# Only their form: the check digit is not looked at in these places.
content issn_form = /[0-9]{4}-[0-9]{3}[0-9X]/
content isbn_form = /(?:ISBN(?:-1[03])?:? )?(?=[0-9X]{10}$|(?=(?:[0-9]+[- ]){3})[- 0-9X]{13}$|97[89][0-9]{10}$|(?=(?:[0-9]+[- ]){4})[- 0-9]{17}$)(?:97[89][- ]?)?[0-9]{1,5}[- ]?[0-9]+[- ]?[0-9]+[- ]?[0-9X]/
# ISO 8601 to the minute or finer, in its basic and in its extended form.
content moment = /[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9](.[0-9]{3})?)?(Z|[+-]([01][0-9]|2[0-3])([0-5][0-9])?)?/ | /[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](.[0-9]{3})?)?(Z|[+-]([01][0-9]|2[0-3])(:([0-5][0-9])?)?)?/
content relation = preceding | succeeding | original | host | constituent | series | otherVersion | otherFormat | isReferencedBy

dmf monograph
content mets_type = Monograph
content date = /[0-9]{4}-[0-9]{2}-[0-9]{2}/
# Rules of description of monographs 2.3, 2024-12-17.
content page_types = frontJacket | cover | frontCover | backCover | frontEndSheet | backEndSheet | frontEndPaper | backEndPaper | titlePage | preface | introduction | normalPage | blank | illustration | map | table | advertisement | impressum | colophon | frontispiece | imprimatur | dedication | errata | sheetMusic | appendix | bibliography | afterword | conclusion | tableOfContents | index | listOfIllustrations | listOfMaps | listOfTables | edge | spine | jacket | flyLeaf

dmf periodical
content mets_type = Periodical
content date = /[0-9]{4}-[0-9]{2}-[0-9]{2}/ | /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}/
# MODS part/@type of a page, which is demanded, and genre/@type, which is recommended, are told by two lists.
content page_types = cover | frontCover | backCover | frontEndSheet | backEndSheet | frontEndPaper | backEndPaper | titlePage | preface | introduction | normalPage | blank | illustration | map | table | advertisement | colophon | dedication | errata | sheetMusic | bibliography | afterword | conclusion | tableOfContents | index | listOfIllustrations | listOfMaps | listOfTables | spine | jacket | flyleaf
content page_types_of_genre = titlePage | tableOfContents | blank | advertisement | normalPage | jacket | cover | frontCover | frontEndPaper | backCover | backEndPaper | frontEndSheet | backEndSheet | spine | frontJacket | index | illustration | listOfIllustrations | map | listOfMaps | listOfTables | table | flyLeaf | dedication | errata | frontispiece | edge | imprimatur | appendix | bibliography | sheetMusic | impressum
