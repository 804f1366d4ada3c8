"""Where catalogue records come from: files, SRU servers, Z39.50 servers, all behind one Protocol."""
