#include <alsa/asoundlib.h>
#include <stdio.h>

// libasound prints on standard error unless it has a handler, and the handler is variadic, which Swift cannot write. Ours
// keeps the last words of this thread, since they say more than an error code: `Unknown PCM foo` instead of `No such file`.
static inline char *falsetto_alsa_last_words(void) { static _Thread_local char words[256]; return words; }

static inline void falsetto_alsa_keep(const char *file, int line, const char *function, int code, const char *format, ...) {
    (void)file; (void)line; (void)function; (void)code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(falsetto_alsa_last_words(), 256, format, arguments);
    va_end(arguments);
}

// Global to the process. Call these two from one file only: every object file has a copy of the words of its own.
static inline void falsetto_alsa_listen(void) { falsetto_alsa_last_words()[0] = 0; snd_lib_error_set_handler(falsetto_alsa_keep); }
static inline const char *falsetto_alsa_words(void) { return falsetto_alsa_last_words(); }
