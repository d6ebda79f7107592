#!/usr/bin/env bash
# Throws generated requests at the API, with a token of each scope and one of all: no 5xx, no answer outside the OpenAPI document.
# Usage: tests/api/schemathesis.sh LECTERN [EXAMPLES]. It needs python3 with venv; schemathesis comes from PyPI.
set -euo pipefail

lectern="$(realpath "$1")"
examples="${2:-20}"
version=4.32.5
scratch="$(mktemp -d "${TMPDIR:-/tmp}/lectern-api.XXXXXX")"
server=""
trap clean_up EXIT

clean_up() {
    local status=$?
    trap - EXIT
    if [[ -n "$server" ]]; then kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true; fi
    if ((status != 0)) && [[ -f "$scratch/server.log" ]]; then tail -n 20 "$scratch/server.log"; fi
    rm -rf "$scratch"
    exit "$status"
}

main() {
    local tools="${SCHEMATHESIS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/lectern/schemathesis-$version}"
    if [[ ! -x "$tools/bin/schemathesis" ]]; then
        python3 -m venv "$tools"
        "$tools/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
    fi
    local port=$((20000 + RANDOM % 20000))
    # What is set for the tests is no setting of the program's.
    unset "${!LECTERN_@}"
    export LECTERN_PROFILE=development
    export LECTERN_LIMITS__BURST=1000000 LECTERN_LIMITS__PER_MINUTE=1000000 LECTERN_API__PER_MINUTE=1000000
    export LECTERN_SERVER__PUBLIC_URL="http://127.0.0.1:$port"
    export LECTERN_LOG__FILTER=warn
    cd "$scratch"
    "$lectern" serve --listen "127.0.0.1:$port" --data "$scratch/data" >"$scratch/server.log" 2>&1 &
    server=$!
    wait_for "http://127.0.0.1:$port/readyz"
    local all=(catalogue:read schedule:read roster:read orders:read payments:read payments:write certificates:read certificates:write)
    local scope
    local every
    every="$(IFS=,; echo "${all[*]}")"
    # Made-up ids meet a 404: once so, then with ids of the demonstration, so that what stands behind them is asked by each scope.
    check "http://127.0.0.1:$port" "$tools/bin/schemathesis" "$every"
    name_what_is_there "http://127.0.0.1:$port" "$every" >schemathesis.toml
    cat schemathesis.toml
    for scope in "${all[@]}" "$every"; do
        check "http://127.0.0.1:$port" "$tools/bin/schemathesis" "$scope"
    done
}

# name_what_is_there ORIGIN SCOPES: settings of schemathesis that fill in the parameters of paths.
name_what_is_there() {
    TOKEN="$(new_token "$2")" python3 - "$1/api/v1" <<'PYTHON'
import json, os, sys, urllib.request

def get(path):
    request = urllib.request.Request(sys.argv[1] + path, headers={"Authorization": "Bearer " + os.environ["TOKEN"]})
    return json.load(urllib.request.urlopen(request, timeout=10))["items"]

cohorts = get("/cohorts")
certified = next((cohort for cohort in cohorts if get(f"/cohorts/{cohort['slug']}/certificates")), cohorts[0])
found = {
    "course": get("/courses")[0]["slug"],
    "cohort": certified["slug"],
    "enrolment": get(f"/cohorts/{certified['slug']}/roster")[0]["id"],
    "order": (get("/orders?state=open") or get("/orders"))[0]["id"],
    "certificate": get(f"/cohorts/{certified['slug']}/certificates")[0]["id"],
}
print("[parameters]")
for name, value in found.items():
    print(f'"path.{name}" = "{value}"')
PYTHON
}

new_token() {
    "$lectern" token create --name "schemathesis" --scope "$1" --days 1 --for admin@example.org --data "$scratch/data"
}

wait_for() {
    local try
    for try in $(seq 150); do
        if python3 -c "import urllib.request as r; r.urlopen('$1', timeout=2)" 2>/dev/null; then return; fi
        if ! kill -0 "$server" 2>/dev/null; then break; fi
        sleep 0.2
    done
    echo "the server does not answer"
    return 1
}

# check ORIGIN SCHEMATHESIS SCOPES: with a new token for these scopes.
check() {
    local token
    token="$(new_token "$3")"
    echo "== $3"
    "$2" run "$1/api/v1/openapi.json" --url "$1" --header "Authorization: Bearer $token" \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,negative_data_rejection,unsupported_method \
        --phases examples,coverage,fuzzing,stateful --max-examples "$examples" --seed 20270104 --generation-database none --no-color \
        --request-timeout 20 --suppress-health-check all --continue-on-failure
}

main
