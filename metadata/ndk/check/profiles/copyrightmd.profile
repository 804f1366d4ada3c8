# copyrightMD: fDMF techProfiles.

prefix cmd http://www.cdlib.org/inside/diglib/copyrightMD
prefix mets http://www.loc.gov/METS/

profile copyrightmd
  mets:rightsMD 1
    @ID 1 <text>
    mets:mdWrap +
      @MDTYPE 1 OTHER
      @OTHERMDTYPE 1 CopyrightMD
      @MIMETYPE 1 text/xml
      mets:xmlData +
        copyright 1
          @copyright.status 1 copyrighted | pd | pd_expired | pd_holder | unknown
          @publication.status 1 published | unpublished | unknown
          creation ?
            year.creation ? <year>
              @year.type ? exact | approximate | unknown
            country.creation ? <text>
              @iso.code ? <countries>
          creator ?
            creator.corporate * <text>
            creator.person *
              name ? <text>
              year.birth ? <year>
                @year.type ? exact | approximate | unknown
              year.death ? <year>
                @year.type ? exact | approximate | unknown
            note * <text>
          publication ?
            country.publication ? <text>
              @iso.code ? <countries>
            publisher ? <text>
            year.publication ? <year>
              @year.type ? exact | approximate | unknown
            year.copyright ? <year>
              @year.type ? exact | approximate | unknown
            year.renewal ? <year>
              @year.type ? exact | approximate | unknown
            note * <text>
          rights.holder ?
            contact * <text>
            name ? <text>
            note * <text>
          notice ? <text>
          general.note * ~ BY | BY-SA | BY-ND | BY-NC | BY-NC-SA | BY-NC-SC
