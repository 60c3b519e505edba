#include "daemon/api/want.h"

#include "daemon/api/api.h"

void want_object(struct msg_constraint *out) {
    static const char any_object[] = "{\"type\":\"object\"}";
    *out = (struct msg_constraint){.kind = CONSTRAINT_SCHEMA,
                                   .text = {any_object, sizeof any_object - 1}};
}

void want_schema(struct fields *f, const char *name, struct arena *arena,
                 const struct json_value *schema, struct msg_constraint *out) {
    if (schema->kind != JSON_OBJECT && schema->kind != JSON_TRUE && schema->kind != JSON_FALSE) {
        field_fail(f, name, "'%s' has a schema that is no JSON Schema.", name);
        return;
    }
    out->kind = CONSTRAINT_SCHEMA;
    out->text.data = api_text_of(arena, schema, &out->text.len);
    if (!out->text.data) field_no_memory(f, name);
}

void want_no_calls(struct fields *f, const char *name, const struct msg_chat *m) {
    const struct msg_conversation *c = &m->conversation;
    bool may_call = c->tools && c->tool_choice != INGLE_TOOLS_NONE;
    if (m->constraint.kind == CONSTRAINT_NONE || !may_call) return;
    field_fail(f, name,
               "'%s' and 'tools' that may be called exclude each other; 'tool_choice' none lets "
               "the text have its form.",
               name);
}
