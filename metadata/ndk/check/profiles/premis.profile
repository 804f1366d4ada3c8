# PREMIS in secondary METS: fDMF techProfiles, alike in both families but for <date>.

prefix premis info:lc/xmlns/premis-v2
prefix mets http://www.loc.gov/METS/
prefix xsi http://www.w3.org/2001/XMLSchema-instance

profile premis_object_mc
  mets:techMD 1
    @ID 1 OBJ_002
    mets:mdWrap +
      @MDTYPE 1 PREMIS
      @MIMETYPE 1 text/xml
      mets:xmlData +
        object 1
          @xsi:type 1 file | representation | bitstream | premis:file | premis:representation | premis:bitstream
          objectIdentifier +
            objectIdentifierType 1 <text>
            objectIdentifierValue 1 <text>
          preservationLevel +
            preservationLevelValue 1 preservation
            preservationLevelDateAssigned ? <date>
          objectCharacteristics +
            compositionLevel 1 ~ 0 | 1 | 2
            fixity +
              messageDigestAlgorithm 1 <text>
              messageDigest 1 <text>
              messageDigestOriginator 1 <text>
            size 1 <number>
            format +
              formatDesignation 1
                formatName 1 <text>
                formatVersion 1 <text>
              formatRegistry 1
                formatRegistryName 1 PRONOM
                formatRegistryKey 1 <text>
            creatingApplication +
              creatingApplicationName 1 <text>
              creatingApplicationVersion 1 <text>
              dateCreatedByApplication 1 <text>
          originalName 1 <text>
          relationship +
            relationshipType 1 derivation
            relationshipSubType 1 ~ created from | has source | is source of | has sibling | has part | is part of | has root | includes | is included in
            relatedObjectIdentification +
              relatedObjectIdentifierType 1 <text>
              relatedObjectIdentifierValue 1 <text>
            relatedEventIdentification +
              relatedEventIdentifierType 1 <text>
              relatedEventIdentifierValue 1 <text>
              relatedEventSequence ? <text>
          linkingEventIdentifier *
            linkingEventIdentifierType + <text>
            linkingEventIdentifierValue + <text>

profile premis_object_alto like premis_object_mc
  mets:techMD 1
    @ID 1 OBJ_003
    mets:mdWrap +
      mets:xmlData +
        object 1
          - linkingEventIdentifier

profile premis_object_ps like premis_object_mc
  mets:techMD 1
    @ID 1 OBJ_001
    mets:mdWrap +
      mets:xmlData +
        object 1
          - relationship
          preservationLevel +
            preservationLevelValue 1 deleted
          linkingEventIdentifier +

profile premis_event
  mets:digiprovMD 1
    @ID 1 /EVT_[0-9]{3}/
    mets:mdWrap +
      @MDTYPE 1 PREMIS
      @MIMETYPE 1 text/xml
      mets:xmlData +
        event 1
          eventIdentifier 1
            eventIdentifierType 1 <text>
            eventIdentifierValue 1 <text>
          eventType 1 ~ capture | migration | derivation | deletion
          eventDateTime 1 <text>
          eventDetail 1 ~ capture/digitization | capture/XML_creation | capture/TXT_creation | migration/MC_creation | deletion/PS_deletion | derivation/POSTPROCESSING_creation
          eventOutcomeInformation *
            eventOutcome 1 <text>
          linkingAgentIdentifier +
            linkingAgentIdentifierType 1 <text>
            linkingAgentIdentifierValue 1 <text>
            linkingAgentRole * <text>
          linkingObjectIdentifier +
            linkingObjectIdentifierType 1 <text>
            linkingObjectIdentifierValue 1 <text>

profile premis_agent
  mets:digiprovMD 1
    @ID 1 /AGENT_[0-9]{3}/
    mets:mdWrap +
      @MDTYPE 1 PREMIS
      @MIMETYPE 1 text/xml
      mets:xmlData +
        agent 1
          agentIdentifier +
            agentIdentifierType 1 <text>
            agentIdentifierValue 1 <text>
          agentName * <text>
          agentType 1 ~ organization | person | software
          agentNote * <text>
