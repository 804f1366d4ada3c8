# MIX in secondary METS, of the original scan and of the master copy: fDMF techProfiles.

prefix mix http://www.loc.gov/mix/v20
prefix mets http://www.loc.gov/METS/

profile mix_ps
  mets:techMD 1
    @ID 1 MIX_001
    mets:mdWrap +
      @MDTYPE 1 NISOIMG
      @MIMETYPE 1 text/xml
      mets:xmlData +
        mix +
          BasicDigitalObjectInformation +
            ObjectIdentifier *
              objectIdentifierType 1 <text>
              objectIdentifierValue 1 <text>
            fileSize ? <text>
            FormatDesignation 1
              formatName 1 <text>
              formatVersion 1 <text>
            byteOrder 1 little endian | big endian | middle endian | mix endian | middle (mix) endian
            Compression +
              compressionScheme 1 <text>
          BasicImageInformation 1
            BasicImageCharacteristics 1
              imageWidth 1 <number>
              imageHeight 1 <number>
              PhotometricInterpretation 1
                colorSpace 1 <text>
                ColorProfile ?
                  IccProfile 1
                    iccProfileName 1 <text>
                    iccProfileVersion 1 <text>
                    iccProfileURI ? <text>
          ImageCaptureMetadata 1
            SourceInformation ?
              sourceType 1 <text>
              SourceID *
                sourceIDType 1 <text>
                sourceIDValue 1 <text>
            GeneralCaptureInformation 1
              dateTimeCreated 1 <text>
              imageProducer 1 <text>
              captureDevice ? reflection print scanner | transmission scanner | digital still camera | still from video
            ScannerCapture ?
              scannerManufacturer 1 <text>
              ScannerModel 1
                scannerModelName 1 <text>
                scannerModelNumber 1 <text>
                scannerModelSerialNo 1 <text>
              MaximumOpticalResolution 1
                xOpticalResolution 1 <number>
                yOpticalResolution 1 <number>
                opticalResolutionUnit 1 no absolute unit | in. | cm
              scannerSensor 1 undefined | MonochromeLinear | ColorTriLinear | ColorSequentialLinear | MonochromeArea | OneChipColourArea | TwoChipColorArea | ThreeChipColorArea | ColorSequentialArea
              ScanningSystemSoftware 1
                scanningSoftwareName 1 <text>
                scanningSoftwareVersionNo 1 <text>
            DigitalCameraCapture ?
              digitalCameraManufacturer 1 <text>
              DigitalCameraModel 1
                digitalCameraModelName 1 <text>
                digitalCameraModelNumber 1 <text>
                digitalCameraModelSerialNo 1 <text>
              cameraSensor 1 <text>
              CameraCaptureSettings 1
                ImageData +
                  fNumber ? <text>
                  exposureTime ? <text>
                  isoSpeedRatings ? <text>
                  shutterSpeedValue ? <text>
                  apertureValue ? <text>
                  brightnessValue ? <text>
                  exposureBiasValue ? <text>
                  maxApertureValue ? <text>
                  subjectDistance ? <text>
                  meteringMode ? <text>
                  lightSource ? <text>
                  flash ? <text>
                  focalLength ? <text>
                  backLight ? <text>
                  exposureIndex ? <text>
                  sensingMethod ? <text>
                  cfaPattern ? <text>
                  autoFocus ? <text>
                  PrintAspectRatio ? <text>
            orientation 1 <text>
          ImageAssessmentMetadata 1
            SpatialMetrics 1
              samplingFrequencyPlane ? <text>
              samplingFrequencyUnit 1 no absolute unit of measurement | in. | cm
              xSamplingFrequency ?
                numerator 1 <number>
                denominator 1 <number>
              ySamplingFrequency ?
                numerator 1 <number>
                denominator 1 <number>
            ImageColorEncoding 1
              BitsPerSample 1
                bitsPerSampleValue + <text>
                bitsPerSampleUnit ? <text>
              samplesPerPixel 1 <number>

profile mix_mc like mix_ps
  mets:techMD 1
    @ID 1 /MIX_[0-9]{3}/
    mets:mdWrap +
      mets:xmlData +
        mix +
          - ImageCaptureMetadata
          BasicImageInformation 1
            SpecialFormatCharacteristics ?
              JPEG2000 1
                CodecCompliance 1
                  codec 1 <text>
                  codecVersion 1 <text>
                  codestreamProfile 1 <text>
                  complianceClass 1 C0 | C1 | C2
                EncodingOptions 1
                  Tiles 1
                    tileWidth 1 <number>
                    tileHeight 1 <number>
                  qualityLayers 1 <number>
                  resolutionLevels 1 <number>
          ImageAssessmentMetadata 1
            ImageColorEncoding 1
              TargetData ?
                targetType + 0 | 1
                TargetID +
                  targetManufacturer 1 <text>
                  targetName 1 <text>
                  targetNo 1 <text>
                  targetMedia ? <text>
                externalTarget * <text>
                performaceData * <text>
          ChangeHistory 1
            ImageProcessing +
              dateTimeProcessed 1 <text>
              sourceData 1 <text>
              processingAgency * <text>
