#!/bin/sh
# render.sh DOCUMENT: a picture of every page, below .review/pages.
set -eu
mkdir -p .review/pages
pdftoppm -r 40 -png "$1" .review/pages/page
