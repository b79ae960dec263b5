#!/usr/bin/env bash
# Renews the pictures of README and of the guide from those that the walks leave (cargo test --test browser).
# Needs ImageMagick. Usage: docs/images/renew.sh
set -euo pipefail
cd "$(dirname "$0")"
from=../../target/screenshots

# NAME WIDTH WALK-SHOT HEIGHT: the top of the page, in few colours, so that each stays below 150 KB.
while read -r name width shot height; do
  convert "$from/$width/$shot.png" -crop "${width}x$height+0+0" +repage +dither -colors 96 -strip \
    -define png:compression-level=9 "$name.png"
done <<'LIST'
desk 1280 director-01-退单待审 1000
phone 390 phone-01-手机 736
desk-list 1280 clerk-01-事项 900
desk-case 1280 clerk-02-待派单 1100
desk-call 1280 clerk-04-电话登记 1000
desk-figures 1280 director-05-今日 1000
desk-studio 1280 system_admin-04-对话工作台 900
desk-department 390 department-02-待签收 900
desk-agent 390 agent-01-今天 800
desk-counter 390 shop_clerk-01-今天 800
LIST
