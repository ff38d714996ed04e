# What Tools/falsetto and Tools/test share: which system packages are needed, and how they are installed. Sourced, not run.
#
# Rule: everything said here goes to standard error. Why: Tools/falsetto hands its standard output to the program, and
# `--format json` must stay clean.

# The one list of Debian packages. A command is looked for in PATH, a library through dpkg (elsewhere through pkg-config).
build_commands=(git:git g++:g++ pkg-config:pkg-config flock:util-linux)
build_libraries=(alsa:libasound2-dev fftw3f:libfftw3-dev sndfile:libsndfile1-dev soxr:libsoxr-dev sqlite3:libsqlite3-dev)
test_commands=(openssl:openssl dbus-daemon:dbus notify-send:libnotify-bin ffmpeg:ffmpeg sox:sox espeak-ng:espeak-ng flite:flite python3:python3 script:bsdutils setpriv:util-linux)
test_libraries=(dbus-python:python3-dbus pygobject:python3-gi)
# Servers that the examples in docs/ are for. Looked for only where FALSETTO_TEST_SERVERS is set, as continuous integration does: on a machine that
# somebody works at, installing them would start them.
server_commands=(promtool:prometheus haproxy:haproxy kamailio:kamailio)
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
    [[ ! ${FALSETTO_TEST_SERVERS:-} ]] || look_for_commands "${server_commands[@]}"
    look_for_libraries "${build_libraries[@]}" "${test_libraries[@]}"
    [[ -e $human_sounds ]] || missing_packages+=("$human_sounds_package")
    install_missing
}
