#!/bin/sh
# The image of nginx runs this before its server: from then on it reads certificates that were renewed.
(while :; do sleep 21600; nginx -s reload; done) &
