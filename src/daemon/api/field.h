/* The fields of a request's JSON object, read one after another: null counts as absent, unknown
 * ones are nobody's business, and the first that is wrong is remembered with its name and a
 * sentence.
 *
 *     struct fields f = {.object = c->body};
 *     field_int(&f, "max_tokens", 0, INT_MAX, &max_tokens);
 *     field_refuse(&f, "audio", "ingle makes no sound.");
 *     if (f.bad) ... api_fail_fields(c, &f);
 */
#ifndef INGLE_DAEMON_API_FIELD_H
#define INGLE_DAEMON_API_FIELD_H

#include "base/json_tree.h"
#include "base/status.h"

struct fields {
    const struct json_value *object; /* NULL: all are absent */
    const char *bad;                 /* the name of the first field that is wrong; NULL */
    ingle_error err;
};

/* The member; NULL if it is absent or null. */
const struct json_value *field_get(const struct fields *f, const char *name);

/* The first failure stays. fmt: a whole sentence. BAD_ARGUMENT. */
BASE_PRINTF(3, 4)
void field_fail(struct fields *f, const char *name, const char *fmt, ...);

/* There is none for what the field needs: the service's fault. */
void field_no_memory(struct fields *f, const char *name);

/* The names of the kinds are what the sentence says of them. What is absent leaves *out as it is;
 * true if it was there and right. */
bool field_int(struct fields *f, const char *name, int64_t min, int64_t max, int64_t *out);
bool field_int32(struct fields *f, const char *name, int min, int max, int *out);
bool field_number(struct fields *f, const char *name, double min, double max, double *out);
bool field_float(struct fields *f, const char *name, double min, double max, float *out);
bool field_bool(struct fields *f, const char *name, bool *out);
bool field_string(struct fields *f, const char *name, const char **out); /* without NULs inside */
bool field_text(struct fields *f, const char *name, struct json_text *out); /* any text */
bool field_array(struct fields *f, const char *name, const struct json_value **out);
bool field_object(struct fields *f, const char *name, const struct json_value **out);

/* One of the words; *out is its number. words end with NULL. */
bool field_choice(struct fields *f, const char *name, const char *const *words, int *out);

/* A string or an array of them: stop sequences, inputs. *out in the arena. */
bool field_strings(struct fields *f, const char *name, size_t max, struct arena *arena,
                   const char *const **out, size_t *n);

/* Of those, texts where an answer ends: FIELD_MAX_STOPS at most, and none is empty. */
#define FIELD_MAX_STOPS 64
bool field_stops(struct fields *f, const char *name, struct arena *arena, const char *const **out,
                 size_t *n);

/* What is wrong inside of a member is wrong with the member. */
void field_inside(struct fields *f, const char *name, const struct fields *inner);
/* For objects inside: the failure of `inner`, which stands at `path` ("messages[2].content[0]"),
 * becomes one of f. Such paths are made in the arena. */
void field_adopt(struct fields *f, const struct fields *inner, struct arena *arena,
                 const char *path);
BASE_PRINTF(2, 3)
const char *field_path(struct arena *arena, const char *fmt, ...);

/* It must be there. */
void field_need(struct fields *f, const char *name);

/* It changes what the answer means, and ingle cannot do it: refused, unless it is absent, null,
 * false, or an empty array or object. */
void field_refuse(struct fields *f, const char *name, const char *why);

#endif
