#!/bin/sh
# pytesseract can be told which program to run but not how to bound it: it is told to run this one.
OMP_THREAD_LIMIT=1 exec prlimit --as="${KDR_MEMORY:-4294967296}" setpriv --pdeathsig KILL -- tesseract "$@"
