/* The machines that hold an answer to what was agreed: thinking only where it is wanted, calls only
 * of the declared tools and with arguments under their schemas. Pieces of free text are any text
 * without a marker of the family, spelt by whatever tokens.
 *
 * Calls whose syntax is JSON are exact. In the others (SYNTAX_REGION) the names of tools and
 * parameters, which of these must be there, and their values are; what a schema says beyond that
 * (how many properties, additional ones, values deeper than REGION_DEPTH in Gemma's) is judged when
 * the call is complete. */
#ifndef INGLE_ENGINE_CHAT_ANSWER_MACHINE_H
#define INGLE_ENGINE_CHAT_ANSWER_MACHINE_H

#include "engine/chat/format.h"
#include "engine/chat/tools.h"
#include "engine/constraint/compose.h"
#include "engine/text/tokenizer.h"

#define REGION_DEPTH 4

struct answer_spec {
    const struct tokenizer *tokenizer; /* which markers are control tokens */
    const struct think_style *think;   /* NULL: the family does not think */
    bool may_think;                    /* thinking may begin the answer; the machine ends there */
    bool forbids_thinking;             /* its marker may stand nowhere */
    enum call_format calls;
    struct tool_set *tools;  /* that may be called; NULL: none, and no marker of calls */
    const struct tool *only; /* of them; NULL: all */
    bool is_required;        /* an answer is calls */
    bool has_many;
    bool no_markers; /* tools NULL: markers of calls may not be written, as there are tools */
};

/* The answer, without thinking. *out is NULL if anything may be answered. The tools must outlive
 * the machine. */
BASE_NODISCARD ingle_status answer_machine_new(struct machine **out, const struct answer_spec *spec,
                                               ingle_error *err);

/* Thinking that was opened, and its end. */
BASE_NODISCARD ingle_status thinking_machine_new(struct machine **out,
                                                 const struct answer_spec *spec, ingle_error *err);

/* ---- between the files ---- */

struct builder {
    struct compose *c;
    const struct answer_spec *spec;
    ingle_status status; /* the first failure */
    ingle_error *err;
};

void build_failed(struct builder *b, ingle_status status); /* or not */
compose_part build_text(struct builder *b, const char *text);
/* A marker as the vocabulary has it: its control tokens as such. */
compose_part build_marker(struct builder *b, const char *marker);
/* Any text without these; NULLs are left out. */
compose_part build_without(struct builder *b, const char *const *texts, size_t n);
compose_part build_choice2(struct builder *b, compose_part x, compose_part y);

/* region_machine.c: between start and end marker, one call of a tool. */
compose_part build_region_call(struct builder *b, const struct tool *tool);

#endif
