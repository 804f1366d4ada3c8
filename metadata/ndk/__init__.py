"""The Czech national package (NDK, PSP): names, METS, checksums, and the profiles of its images."""
