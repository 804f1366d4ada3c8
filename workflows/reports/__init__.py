"""What an archivist hands on: holdings, fixity, incidents, NDSA, CoreTrustSeal, scans that may be deleted."""
