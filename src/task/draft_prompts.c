#include "task/draft_prompts.h"

void draft_system_prompt(struct buf *out, const ingle_draft_options *opt) {
    static const char *const kinds[] = {
        [INGLE_DRAFT_EMAIL] = ("You draft an e-mail for the user to send. Write a first line "
                               "\"Subject: ...\", an empty line, a greeting, the text, and a "
                               "closing with the sender's name."),
        [INGLE_DRAFT_REPLY] = ("You draft the user's reply to the newest message of a "
                               "conversation. Write a greeting, the text, and a closing with the "
                               "sender's name. Answer what was asked; do not quote the "
                               "conversation."),
        [INGLE_DRAFT_MESSAGE] = ("You draft a short message for the user to send: one to four "
                                 "sentences, no subject."),
        [INGLE_DRAFT_NOTE] = ("You draft a note for the user: what is to be remembered, short and "
                              "in good order."),
    };
    buf_add_str(out, kinds[opt->kind]);
    buf_add_str(out,
                "\nUse only what the user says and what the conversation says. Make up nothing: "
                "where a name, date, time, place, number or amount is needed and not given, write "
                "a placeholder in square brackets, such as [recipient's name], [date], [place], "
                "[amount] or [your name]. Write in the language of the request. Answer with the "
                "draft alone.");
}

static void add_line(struct buf *out, const char *name, const char *value) {
    if (value && value[0]) buf_addf(out, "%s: %s\n", name, value);
}

void draft_user_prompt(struct buf *out, const ingle_draft_options *opt) {
    static const char *const kinds[] = {
        [INGLE_DRAFT_EMAIL] = "e-mail",
        [INGLE_DRAFT_REPLY] = "reply",
        [INGLE_DRAFT_MESSAGE] = "message",
        [INGLE_DRAFT_NOTE] = "note",
    };
    add_line(out, "Kind", kinds[opt->kind]);
    add_line(out, "To", opt->to);
    add_line(out, "About", opt->about);
    add_line(out, "Tone", opt->tone);
    if (opt->context_len > 0) {
        buf_add_str(out, opt->kind == INGLE_DRAFT_REPLY ? "\nThe conversation:\n"
                                                        : "\nWhat is known:\n");
        buf_add(out, opt->context, opt->context_len);
        if (opt->context[opt->context_len - 1] != '\n') buf_add_str(out, "\n");
    }
}
