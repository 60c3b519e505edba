#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/chat.h"
#include "cli/say.h"

static void put_line(const struct chat_talk *t, const char *text) {
    if (!t->is_terminal) {
        say(t->cli->command, text);
        return;
    }
    struct out o;
    out_init(&o, STDERR_FILENO, "standard error");
    out_line_text(&o, text, strlen(text));
    out_str(&o, "\n");
    ingle_status unheard = out_flush(&o, NULL);
    (void)unheard; /* nobody is left to tell */
}

void chat_remark(const struct chat_talk *t, const char *fmt, ...) {
    if (!t->is_terminal) return;
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    put_line(t, text);
}

void chat_say(const struct chat_talk *t, const char *fmt, ...) {
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    put_line(t, text);
}
