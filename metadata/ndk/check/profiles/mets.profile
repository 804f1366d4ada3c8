# Root and header of the main and of a secondary METS: fDMF metsProfiles.

prefix mets http://www.loc.gov/METS/
prefix xsi http://www.w3.org/2001/XMLSchema-instance

profile primary_mets_header
  mets 1
    @LABEL 1 <text>
    @TYPE 1 <mets_type>
    @xsi:schemaLocation ? <text>
    dmdSec *
      @*
      *
    fileSec *
      @*
      *
    structMap *
      @*
      *
    structLink *
      @*
      *
    metsHdr +
      @LASTMODDATE 1 <moment>
      @CREATEDATE 1 <moment>
      agent[@ROLE='CREATOR'] +
        @ROLE 1 CREATOR
        @TYPE 1 ORGANIZATION
        name + ~ <sigla>
      agent[@ROLE='ARCHIVIST'] +
        @ROLE 1 ARCHIVIST
        @TYPE 1 ORGANIZATION
        name + ~ <sigla>

profile secondary_mets_header like primary_mets_header
  mets 1
    amdSec *
      @*
      *
    metsHdr +
      - @LASTMODDATE
      - @CREATEDATE
      - agent[@ROLE='CREATOR']
      - agent[@ROLE='ARCHIVIST']
      @*
      *
