"""Whether a package keeps the rules of the National Library's standard (DMF), ours or anybody's."""
