#include "cli/say.h"

#include <string.h>
#include <unistd.h>

void say(const struct command *c, const char *sentence) {
    struct out o;
    out_init(&o, STDERR_FILENO, "standard error");
    out_f(&o, "ingle%s%s: ", c ? " " : "", c ? c->name : "");
    out_line_text(&o, sentence, strlen(sentence));
    out_str(&o, "\n");
    ingle_status unheard = out_flush(&o, NULL);
    (void)unheard; /* nobody is left to tell */
}
