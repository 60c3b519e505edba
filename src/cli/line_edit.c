/* line.h over libedit.
 *
 * Ctrl-C and Ctrl-Z are keys here and no signals, so that a line that is interrupted leaves the
 * terminal as it should be; libedit's own handlers would pass a signal on to the whole process
 * group. A signal that ends the process gives the terminal back (interrupt.h). Terminals put what
 * is pasted between two sequences if they are asked to ("bracketed paste"), which libedit does not
 * know: it is a key with an argument, so to say. */
#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "cli/interrupt.h"
#include "cli/line.h"

#define MAX_HISTORY 1000
#define MAX_PASTE ((size_t)1 << 20) /* characters */
#define MAX_MATCHES 64

static const char paste_begins[] = "\033[?2004h", paste_ends[] = "\033[?2004l";
static const wchar_t end_of_paste[] = L"\033[201~";
#define N_END_OF_PASTE (BASE_COUNT(end_of_paste) - 1)

struct line {
    EditLine *edit;
    History *history;
    const char *prompt;
    const char *const *words;
    size_t n_words;
    size_t n_typed; /* when interrupted */
    bool is_interrupted;
};

static struct line *of(EditLine *edit) {
    void *line = NULL;
    el_get(edit, EL_CLIENTDATA, &line);
    return line;
}

static char *prompt_of(EditLine *edit) {
    return (char *)of(edit)->prompt;
}

/* To the terminal, after what libedit has written. */
static void put(EditLine *edit, const char *text) {
    FILE *out = stdout;
    el_get(edit, EL_GETFP, 1, &out);
    fputs(text, out);
    fflush(out);
}

/* ---- keys ---- */

static unsigned char on_interrupt(EditLine *edit, int key) {
    (void)key;
    struct line *l = of(edit);
    const LineInfo *info = el_line(edit);
    l->n_typed = (size_t)(info->lastchar - info->buffer);
    l->is_interrupted = true;
    put(edit, "^C\n");
    return CC_NEWLINE;
}

static unsigned char on_suspend(EditLine *edit, int key) {
    (void)key;
    put(edit, "\n");
    el_set(edit, EL_PREP_TERM, 0);
    (void)raise(SIGTSTP);
    el_set(edit, EL_PREP_TERM, 1);
    return CC_REDISPLAY;
}

/* What may not drive a terminal may not come in by a paste either. */
static size_t clean_paste(wchar_t *text, size_t n) {
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++) {
        wchar_t c = text[i] == L'\r' ? L'\n' : text[i];
        if (c == L'\n' && i > 0 && text[i - 1] == L'\r' && text[i] == L'\n') continue;
        if (c != L'\n' && c != L'\t' && utf8_is_control((unsigned)c)) continue;
        text[n_kept++] = c;
    }
    text[n_kept] = L'\0';
    return n_kept;
}

static unsigned char on_paste(EditLine *edit, int key) {
    (void)key;
    wchar_t *text = mem_alloc((MAX_PASTE + 1) * sizeof *text);
    size_t n = 0, n_matched = 0;
    wchar_t c;
    while (n_matched < N_END_OF_PASTE && el_wgetc(edit, &c) == 1) {
        n_matched = c == end_of_paste[n_matched] ? n_matched + 1 : c == end_of_paste[0] ? 1 : 0;
        if (text && n < MAX_PASTE) text[n] = c;
        n++;
    }
    bool fits = text && n <= MAX_PASTE;
    if (fits) {
        clean_paste(text, n - n_matched);
        fits = text[0] == L'\0' || el_winsertstr(edit, text) == 0;
    }
    mem_free(text);
    return fits ? CC_REFRESH : CC_ERROR;
}

/* ---- completion ---- */

/* The words that begin with text[0..len), and how many characters all of them have in common. */
static size_t find_matches(const struct line *l, const char *text, size_t len,
                           const char *matches[MAX_MATCHES], size_t *common) {
    size_t n_matches = 0;
    *common = 0;
    for (size_t i = 0; i < l->n_words && n_matches < MAX_MATCHES; i++) {
        const char *word = l->words[i];
        if (strncmp(word, text, len) != 0) continue;
        matches[n_matches++] = word;
        if (n_matches == 1) *common = strlen(word);
        for (size_t k = len; k < *common; k++) {
            if (word[k] != matches[0][k]) *common = k;
        }
    }
    return n_matches;
}

static unsigned char show_matches(EditLine *edit, const char *const *matches, size_t n) {
    put(edit, "\n");
    for (size_t i = 0; i < n; i++) {
        put(edit, matches[i]);
        put(edit, i + 1 < n ? "  " : "\n");
    }
    return CC_REDISPLAY;
}

static unsigned char on_tab(EditLine *edit, int key) {
    struct line *l = of(edit);
    const LineInfo *info = el_line(edit);
    size_t len = (size_t)(info->cursor - info->buffer);
    if (len == 0 || info->buffer[0] != '/') return CC_ERROR;
    if (memchr(info->buffer, ' ', len)) return _el_fn_complete(edit, key);
    const char *matches[MAX_MATCHES];
    size_t common, n = find_matches(l, info->buffer, len, matches, &common);
    if (n == 0) return CC_ERROR;
    if (n > 1 && common == len) return show_matches(edit, matches, n);
    char rest[64];
    snprintf(rest, sizeof rest, "%.*s%s", (int)(common - len), matches[0] + len, n == 1 ? " " : "");
    return el_insertstr(edit, rest) == 0 ? CC_REFRESH : CC_ERROR;
}

/* ---- characters ---- */

/* Only so that it interrupts a read: the terminal has another size. */
static void on_resize(int signal_number) {
    (void)signal_number;
}

/* One byte; 0 at the end, -1 for Ctrl-C from elsewhere and for errors. */
static int read_byte(EditLine *edit, char *byte) {
    for (;;) {
        ssize_t n = read(STDIN_FILENO, byte, 1);
        if (n >= 0) return (int)n;
        if (errno == EAGAIN) { /* a terminal that its other owner made non-blocking */
            (void)poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1, -1);
        } else if (errno != EINTR || interrupt_came()) {
            return -1;
        } else {
            el_resize(edit);
            el_set(edit, EL_REFRESH);
        }
    }
}

/* One character. Bytes that are none are left out: what is typed is UTF-8, or nothing. */
static int read_char(EditLine *edit, wchar_t *c) {
    mbstate_t state = {0};
    for (;;) {
        char byte;
        int n = read_byte(edit, &byte);
        if (n <= 0) return n;
        size_t used = mbrtowc(c, &byte, 1, &state);
        if (used == (size_t)-2) continue;
        if (used != (size_t)-1) return 1;
        state = (mbstate_t){0};
    }
}

/* ---- the editor ---- */

/* UTF-8, whatever the locale: what a terminal of today sends. Others are what they say. */
static void use_utf8(void) {
    const char *locale = setlocale(LC_CTYPE, "");
    if (!locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
}

/* In wide characters: of names in narrow ones libedit makes copies that it never frees. */
static void set_keys(EditLine *edit) {
    static const struct {
        const wchar_t *name, *help, *key;
        unsigned char (*run)(EditLine *edit, int key);
    } keys[] = {
        {L"ingle-interrupt", L"Give the line up", L"^C", on_interrupt},
        {L"ingle-suspend", L"Stop the program for a while", L"^Z", on_suspend},
        {L"ingle-paste", L"Take what is pasted", L"\\e[200~", on_paste},
        {L"ingle-complete", L"Complete a command", L"^I", on_tab},
    };
    for (size_t i = 0; i < BASE_COUNT(keys); i++) {
        el_wset(edit, EL_ADDFN, keys[i].name, keys[i].help, keys[i].run);
        el_wset(edit, EL_BIND, keys[i].key, keys[i].name, NULL);
    }
    el_wset(edit, EL_BIND, L"^R", L"em-inc-search-prev", NULL);
    el_set(edit, EL_SETTY, "-d", "-isig", NULL);
}

ingle_status line_new(struct line **out, const char *const *words, size_t n_words,
                      ingle_error *err) {
    *out = NULL;
    struct line *l = mem_calloc(1, sizeof *l);
    if (!l) return status_no_memory(err, "the line editor", sizeof *l);
    *l = (struct line){.words = words, .n_words = n_words, .prompt = ""};
    use_utf8();
    struct sigaction resize = {.sa_handler = on_resize};
    sigemptyset(&resize.sa_mask);
    sigaction(SIGWINCH, &resize, NULL);
    l->edit = el_init("ingle", stdin, stdout, stderr);
    l->history = history_init();
    if (!l->edit || !l->history) {
        line_free(l);
        return status_set(err, INGLE_FAILED, 0, "The terminal cannot be used for editing.");
    }
    HistEvent event;
    history(l->history, &event, H_SETSIZE, MAX_HISTORY);
    history(l->history, &event, H_SETUNIQUE, 1);
    el_set(l->edit, EL_CLIENTDATA, l);
    el_set(l->edit, EL_PROMPT, prompt_of);
    el_set(l->edit, EL_HIST, history, l->history);
    el_set(l->edit, EL_GETCFN, read_char);
    el_set(l->edit, EL_EDITOR, "emacs");
    (void)el_source(l->edit, NULL); /* ~/.editrc, as in any program with libedit */
    set_keys(l->edit);
    *out = l;
    return INGLE_OK;
}

void line_free(struct line *l) {
    if (!l) return;
    if (l->edit) el_end(l->edit);
    if (l->history) history_end(l->history);
    mem_free(l);
}

ingle_status line_read(struct line *l, const char *prompt, const char **text, size_t *len,
                       enum line_outcome *outcome, ingle_error *err) {
    *text = "";
    *len = 0;
    *outcome = LINE_END;
    l->prompt = prompt;
    l->is_interrupted = false;
    l->n_typed = 0;
    int n = 0;
    struct termios before;
    bool is_known = tcgetattr(STDIN_FILENO, &before) == 0;
    if (is_known) interrupt_restore(&before);
    put(l->edit, paste_begins);
    el_resize(l->edit);
    errno = 0;
    const char *line = el_gets(l->edit, &n);
    int errnum = errno;
    put(l->edit, paste_ends);
    interrupt_restore(NULL);
    if (l->is_interrupted || (n < 0 && errnum == EINTR)) {
        *outcome = LINE_INTERRUPTED;
        *len = l->n_typed;
        return INGLE_OK;
    }
    if (n < 0 && errnum != 0 && errnum != EIO) {
        return status_errno(err, errnum, "read", "the terminal");
    }
    if (!line || n <= 0) return INGLE_OK;
    *outcome = LINE_TEXT;
    *len = (size_t)n;
    HistEvent event;
    if (line[0] != '\n') history(l->history, &event, H_ENTER, line);
    if (line[*len - 1] == '\n') --*len;
    *text = line;
    return INGLE_OK;
}
