# What Tools/falsetto and Tools/test share: which system packages are needed, and how they are installed. Sourced, not run.
#
# Rule: everything said here goes to standard error. Why: Tools/falsetto hands its standard output to the program, and
# `--format json` must stay clean.

# The one list of Debian packages. A command is looked for in PATH, a library through dpkg (elsewhere through pkg-config).
build_commands=(git:git g++:g++ pkg-config:pkg-config flock:util-linux)
build_libraries=(alsa:libasound2-dev fftw3f:libfftw3-dev sndfile:libsndfile1-dev soxr:libsoxr-dev spandsp:libspandsp-dev sqlite3:libsqlite3-dev)
test_commands=(openssl:openssl dbus-daemon:dbus notify-send:libnotify-bin ffmpeg:ffmpeg sox:sox espeak-ng:espeak-ng flite:flite python3:python3 script:bsdutils setpriv:util-linux)
browser_commands=(chromium:chromium sox:sox espeak-ng:espeak-ng python3:python3)
test_libraries=(dbus-python:python3-dbus pygobject:python3-gi)
# Servers that the examples in docs/ are for. Looked for only where FALSETTO_TEST_SERVERS is set, as continuous integration does: on a machine that
# somebody works at, installing them would start them.
server_commands=(promtool:prometheus haproxy:haproxy kamailio:kamailio)
# What Tools/telephone/try needs beside Kamailio; likewise.
telephone_commands=(rtpengine:rtpengine-daemon baresip:baresip-core)
human_sounds=/usr/share/asterisk/sounds/en_US_f_Allison/demo-congrats.gsm
human_sounds_package=asterisk-core-sounds-en-gsm
spoken_test_sounds=/usr/share/sounds/alsa/Front_Center.wav

# Ends with 70 where a build folder came with a copied checkout: the compiler's files hold absolute paths, and a build with them fails in
# hundreds of lines. The place it was made in stands in the folder.
need_own_build() {
    local here made_in=''
    here=$(cd -- "$1" && pwd -P)
    [[ ! -s $here/.build/falsetto.place ]] || made_in=$(<"$here/.build/falsetto.place")
    if [[ $made_in && $made_in != "$here" ]]; then
        say "$here/.build was made in $made_in and cannot be used here; remove it: rm -rf '$here/.build'"
        exit 70
    fi
    mkdir -p "$here/.build"
    printf '%s\n' "$here" > "$here/.build/falsetto.place"
}

say() { printf '%s\n' "falsetto: $*" >&2; }
missing() { say "$@"; exit 69; }

# Sets `missing_packages` to those of the entries COMMAND:PACKAGE whose command is not in PATH.
missing_packages=()
look_for_commands() {
    local entry
    for entry in "$@"; do
        command -v "${entry%%:*}" >/dev/null || missing_packages+=("${entry#*:}")
    done
}

# Adds to `missing_packages` those of the entries MODULE:PACKAGE that are not installed.
look_for_libraries() {
    local entry
    for entry in "$@"; do
        if command -v dpkg-query >/dev/null; then
            [[ $(dpkg-query -W -f='${db:Status-Status}' "${entry#*:}" 2>/dev/null) == installed* ]]
        else
            command -v pkg-config >/dev/null && pkg-config --exists "${entry%%:*}"
        fi || missing_packages+=("${entry#*:}")
    done
}

# Installs `missing_packages`, or says how and ends with 69.
install_missing() {
    ((${#missing_packages[@]})) || return 0
    local list="${missing_packages[*]}" sudo=()
    local by_hand="apt-get update && apt-get install -y --no-install-recommends $list"
    command -v apt-get >/dev/null ||
        missing "missing on this machine: $list (Debian's names); install them with your system's package manager, then run this again."
    if [[ $(id -u) != 0 ]]; then
        by_hand="sudo apt-get update && sudo apt-get install -y --no-install-recommends $list"
        command -v sudo >/dev/null || missing "missing packages; as root run: ${by_hand//sudo /}"
        [[ -t 0 && -t 2 ]] || missing "missing packages; run: $by_hand"
        printf 'falsetto: missing packages: %s\nInstall them with sudo now? [y/N] ' "$list" >&2
        local answer
        read -r answer || answer=no
        [[ $answer == [yY]* ]] || missing "nothing installed; run: $by_hand"
        sudo=(sudo)
    fi
    say "installing $list"
    # The environment assignment is an argument of env, since sudo need not pass variables on.
    "${sudo[@]}" apt-get update -q >&2 </dev/null || say "apt-get update failed; trying with the lists that are there"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing_packages[@]}" >&2 </dev/null ||
        missing "apt-get could not install $list; its own words are above. By hand: $by_hand"
    missing_packages=()
}

# Ends with 69 unless `swift` in PATH is Swift 6.3 or later. Debian's package `swift` is OpenStack's client, not the compiler.
need_swift() {
    local version='' how='install it from https://www.swift.org/install and put its usr/bin first in PATH.'
    command -v swift >/dev/null || missing "Swift 6.3 or later is needed and no swift is in PATH; $how"
    version=$(swift --version 2>/dev/null </dev/null) || true
    [[ $version =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] ||
        missing "Swift 6.3 or later is needed; $(command -v swift) is another program (Debian's package swift is OpenStack's client); $how"
    ((BASH_REMATCH[1] > 6 || (BASH_REMATCH[1] == 6 && BASH_REMATCH[2] >= 3))) ||
        missing "Swift 6.3 or later is needed; $(command -v swift) is ${BASH_REMATCH[1]}.${BASH_REMATCH[2]}; $how"
}

# The packages that building needs.
need_build_packages() {
    missing_packages=()
    look_for_commands "${build_commands[@]}"
    look_for_libraries "${build_libraries[@]}"
    install_missing
}

# What `falsetto demo` speaks and joins its two calls with: the two synthesizers of the README's picture, sox, human recordings.
need_demo_packages() {
    missing_packages=()
    look_for_commands sox:sox espeak-ng:espeak-ng flite:flite
    # Who cannot install gets the demo with what is there; it says what spoke.
    [[ $(id -u) == 0 ]] || ! { command -v sox && { command -v espeak-ng || command -v flite || command -v text2wave; }; } >/dev/null ||
        missing_packages=()
    # alsa-utils' spoken sounds will do where nothing can be installed, but they are single words.
    [[ -e $human_sounds ]] || { [[ -e $spoken_test_sounds && $(id -u) != 0 ]]; } || missing_packages+=("$human_sounds_package")
    install_missing
}

need_test_packages() {
    missing_packages=()
    look_for_commands "${build_commands[@]}" "${test_commands[@]}"
    [[ ! ${FALSETTO_TEST_SERVERS:-} ]] || look_for_commands "${server_commands[@]}" "${telephone_commands[@]}"
    look_for_libraries "${build_libraries[@]}" "${test_libraries[@]}"
    [[ -e $human_sounds ]] || missing_packages+=("$human_sounds_package")
    install_missing
}

# Sets `training_python` to an interpreter that has Tools/training/requirements.txt: the one that FALSETTO_TRAINING_PYTHON names, or one of an
# environment that is made once in the cache folder. Says why and returns 1 where there is none.
training_python=''
find_training_python() {
    local wanted="$1/Tools/training/requirements.txt" home="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/falsetto/python-tests"
    training_python=${FALSETTO_TRAINING_PYTHON:-$home/bin/python}
    [[ -z ${FALSETTO_TRAINING_PYTHON:-} ]] || return 0
    # It has what was asked for when it was made, unless that has changed or the installation was broken off.
    ! cmp -s "$wanted" "$home/requirements.txt" || return 0
    say "making the Python environment of the tests in $home (PyTorch: some hundred MB, once)"
    rm -rf "$home"
    if ! python3 -m venv "$home" >&2; then
        say "SKIPPED: the tests of Tools/training and Tools/evaluation, since python3 makes no environment; on Debian: apt-get install python3-venv"
        return 1
    fi
    if ! "$training_python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted" >&2; then
        say "SKIPPED: the tests of Tools/training and Tools/evaluation, since their packages could not be fetched (pip's own words are above)"
        return 1
    fi
    cp "$wanted" "$home/requirements.txt"
}

# Runs the tests of the client, of the training and of the evasion drill; swift test runs those of Tools/corpora. Returns 1 where one fails;
# where the packages of the last two cannot be had they are skipped, and that is said.
run_python_tests() {
    python3 -B -m unittest discover -s "$1/Tools/python/tests" || return 1
    find_training_python "$1" || return 0
    local tools="$1/Tools" python=("$training_python" -B -W ignore -m unittest discover)
    say "running the tests of Tools/training and Tools/evaluation"
    (cd "$tools" && PYTHONPATH="$tools/training" "${python[@]}" -s training/tests) &&
        (cd "$tools/evaluation" && PYTHONPATH="$tools/evaluation:$tools/training" "${python[@]}" -s falsetto_evasion/tests -t .)
}

# Sets `spark_python` to a Python with pyspark: $PYSPARK_DRIVER_PYTHON's or python3's own, or the one in .build/spark, made where there is none.
need_spark() {
    missing_packages=()
    [[ -n ${JAVA_HOME-} ]] || look_for_commands java:default-jre-headless
    look_for_commands python3:python3
    install_missing
    find_spark "$1" && return 0
    say "fetching pyspark into .build/spark (some 450 MB, once)"
    missing_packages=()
    python3 -c 'import ensurepip' 2>/dev/null || missing_packages+=(python3-venv)
    install_missing
    rm -rf -- "$1/.build/spark"
    { python3 -m venv "$1/.build/spark" && "$1/.build/spark/bin/pip" install -q --disable-pip-version-check -r "$1/Tools/spark/requirements.txt"; } >&2 </dev/null || {
        rm -rf -- "$1/.build/spark"
        missing "pyspark could not be fetched; pip's own words are above. By hand: pip install -r Tools/spark/requirements.txt"
    }
    spark_python=$1/.build/spark/bin/python
}

# Sets `spark_python` where one is there already; else 1.
find_spark() {
    for spark_python in "${PYSPARK_DRIVER_PYTHON:-python3}" "$1/.build/spark/bin/python"; do
        ! "$spark_python" -c 'import pyspark.sql, pandas, pyarrow' 2>/dev/null || return 0
    done
    spark_python=''
    return 1
}

# What the tests of the pages in a real browser need. Not asked for by anything else: it is a large package.
need_browser_packages() {
    missing_packages=()
    look_for_commands "${browser_commands[@]}"
    # Debian's python3 makes no virtual environments without it.
    python3 -c 'import ensurepip' 2>/dev/null || missing_packages+=(python3-venv)
    [[ -e $human_sounds ]] || missing_packages+=("$human_sounds_package")
    install_missing
}
