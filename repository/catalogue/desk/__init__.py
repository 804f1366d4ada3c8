"""The curator's desk: proposals of corrections, saved searches, lists and notes. Nothing here touches the store."""
