"""How things stand, for archivists and operators: pages over the catalogue's rows, reading only."""
