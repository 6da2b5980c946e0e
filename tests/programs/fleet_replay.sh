#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stands in for derate_bench on the nodes of a fleet: appends the records of a round that were made for this
# node beforehand, $DERATE_REPLAY/NODE.ROUND. What $DERATE_REPLAY/NODE.fault holds is done first.
for argument; do
  case $argument in
    --derate_out=*) out=${argument#*=} ;;
    --derate_part=*) round=${argument#*=} round=${round%/*} ;;
  esac
done
node=${out#*/nodes/}
node=${node%%/*}
[ ! -e "$DERATE_REPLAY/$node.fault" ] || . "$DERATE_REPLAY/$node.fault"
cat "$DERATE_REPLAY/$node.$round" >>"$out"
