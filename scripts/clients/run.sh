#!/bin/sh
# Drives a node with clients that others wrote, unchanged: taxii2client and
# PyMISP. They are Python, not on every machine, and not part of the tests.
#
#   PYMISP=checkout TAXII2CLIENT=checkout scripts/clients/run.sh
#
# needs python3 with requests, dateutil, six, pytz and deprecated, and PyMISP
# installed, or its checkout with a dist-info folder.
set -eu
cd "$(dirname "$0")/../.."
: "${PYMISP:?the folder of a checkout of PyMISP}" "${TAXII2CLIENT:?the folder of a checkout of cti-taxii-client}"
python=${PYTHON:-python3}
dir=$(mktemp -d)
node=
trap 'test -z "$node" || kill "$node"; rm -rf "$dir"' EXIT
go build -o "$dir/entente" ./cmd/entente
PATH=$dir:$PATH
here=$PWD/scripts/clients
cd "$dir"
export ENTENTE_DATA=$dir/aa
entente init --id csirt-aa --name 'CSIRT AA' --kind csirt --jurisdiction AA >/dev/null
for p in bb cc; do
	entente --data $p init --id csirt-$p --name "CSIRT $p" --kind csirt --jurisdiction BB >/dev/null
	entente --data $p party card >$p.json 2>$p.print
	entente party add $p.json --fingerprint "$(grep -o 'sha256:[0-9a-f]*' $p.print | head -1)" >/dev/null
	entente credential grant csirt-$p >$p.secret 2>/dev/null
done
entente credential ca >ca.pem
entente instrument add "$here/mou.yaml" --by 'Legal Owner' >/dev/null
entente serve --listen 127.0.0.1:0 --peer-listen 127.0.0.1:0 --tools-listen 127.0.0.1:8499 2>serve.log &
node=$!
until test -e aa/node.json; do sleep 0.1; done
export URL=https://127.0.0.1:8499 REQUESTS_CA_BUNDLE=$dir/ca.pem PYTHONDONTWRITEBYTECODE=1
PYTHONPATH=$PYMISP:$TAXII2CLIENT "$python" "$here/pymisp_check.py"
PYTHONPATH=$PYMISP:$TAXII2CLIENT "$python" "$here/taxii2client_check.py"
