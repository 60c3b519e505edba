/* From a formula to its alternatives: conditions that hold are kept on a stack; what follows from
 * them is not split into cases, what contradicts them is dropped. */
#include <stdlib.h>
#include <string.h>

#include "engine/constraint/schema_formula.h"

#define MAX_ALTERNATIVES 512u
#define MAX_POSITIONS 64u /* of an array that are looked at one by one */

enum verdict { NO, YES, OPEN };

struct solver {
    struct schema *c;
    bool is_object;
    struct schema_ids atoms;         /* that hold */
    struct schema_parts pending;     /* a stack of what else should */
    struct schema_ids literals;      /* scratch */
    struct schema_alternatives *out; /* NULL: only whether there is one */
    bool is_found;
};

static void search(struct solver *s, uint32_t base);

struct schema_range schema_atoms_range(const struct schema *c, const uint32_t *atoms, uint32_t n) {
    struct schema_range range = {0, SCHEMA_NO_MAX};
    for (uint32_t i = 0; i < n; i++) {
        const struct schema_atom *atom = schema_atom_at(c, atoms[i]);
        if (atom->kind != ATOM_COUNT) continue;
        if (atom->min > range.min) range.min = atom->min;
        if (atom->max < range.max) range.max = atom->max;
    }
    return range;
}

/* ---- what is known of one property, of one element ---- */

static bool names_have(const struct solver *s, const struct schema_atom *atom, uint32_t name) {
    return schema_names_have(s->c, atom->names, name);
}

/* Collects what a property must be if it is there; true: it must be there. */
static bool know_property(struct solver *s, uint32_t name) {
    bool is_there = false;
    s->literals.n = 0;
    schema_step(s->c, 1 + s->atoms.n / 16);
    for (uint32_t i = 0; i < s->atoms.n; i++) {
        const struct schema_atom *atom = schema_atom_at(s->c, s->atoms.data[i]);
        if (atom->kind == ATOM_ALL) {
            if (names_have(s, atom, name)) schema_add_id(s->c, &s->literals, atom->literal);
        } else if (atom->kind == ATOM_SOME) {
            const struct schema_names *names = &s->c->name_sets[atom->names];
            if (names->kind != NAMES_ONE || names->one != name) continue;
            is_there = true;
            schema_add_id(s->c, &s->literals, atom->literal);
        }
    }
    return is_there;
}

static void know_element(struct solver *s, uint32_t at) {
    s->literals.n = 0;
    schema_step(s->c, 1 + s->atoms.n / 16);
    for (uint32_t i = 0; i < s->atoms.n; i++) {
        const struct schema_atom *atom = schema_atom_at(s->c, s->atoms.data[i]);
        bool is_said = (atom->kind == ATOM_ALL && atom->from <= at) ||
                       (atom->kind == ATOM_AT && atom->from == at);
        if (is_said) schema_add_id(s->c, &s->literals, atom->literal);
    }
}

/* Nothing is what is known, and this as well. */
static bool excludes(struct solver *s, schema_literal also) {
    schema_add_id(s->c, &s->literals, also);
    uint32_t set = schema_set_of(s->c, s->literals.data, s->literals.n);
    if (s->literals.n) s->literals.n--;
    return schema_surely_empty(s->c, set) && !schema_failed(s->c);
}

static bool pair_excludes(struct schema *c, schema_literal a, schema_literal b) {
    schema_literal both[] = {a, b};
    return schema_surely_empty(c, schema_set_of(c, both, 2)) && !schema_failed(c);
}

/* ---- verdicts on one more atom ---- */

static enum verdict judge_count(const struct solver *s, const struct schema_atom *atom) {
    struct schema_range known = schema_atoms_range(s->c, s->atoms.data, s->atoms.n);
    if (known.min >= atom->min && known.max <= atom->max) return YES;
    return known.min > atom->max || known.max < atom->min ? NO : OPEN;
}

/* About a required property that the atom speaks of. */
static enum verdict judge_property(struct solver *s, const struct schema_atom *atom,
                                   uint32_t name) {
    bool is_there = know_property(s, name);
    bool never = excludes(s, atom->literal), always = excludes(s, schema_not(atom->literal));
    if (atom->kind == ATOM_ALL) {
        bool is_one = s->c->name_sets[atom->names].kind == NAMES_ONE;
        if (always && is_one) return YES;
        return never && is_there ? NO : OPEN;
    }
    if (always && is_there) return YES;
    return never && s->c->name_sets[atom->names].kind == NAMES_ONE ? NO : OPEN;
}

static enum verdict judge_names(struct solver *s, const struct schema_atom *atom) {
    const struct schema_names names = s->c->name_sets[atom->names];
    if (names.kind == NAMES_ONE) return judge_property(s, atom, names.one);
    for (uint32_t i = 0; i < s->atoms.n; i++) {
        const struct schema_atom *other = schema_atom_at(s->c, s->atoms.data[i]);
        if (other->kind == ATOM_ALL && atom->kind == ATOM_SOME && other->names == atom->names &&
            pair_excludes(s->c, other->literal, atom->literal)) {
            return NO;
        }
        if (other->kind != ATOM_SOME || s->c->name_sets[other->names].kind != NAMES_ONE) continue;
        uint32_t name = s->c->name_sets[other->names].one;
        if (!names_have(s, atom, name)) continue;
        enum verdict verdict = judge_property(s, atom, name);
        if (verdict != OPEN) return verdict;
    }
    return OPEN;
}

static enum verdict judge_element(struct solver *s, const struct schema_atom *atom) {
    struct schema_range known = schema_atoms_range(s->c, s->atoms.data, s->atoms.n);
    if (known.max <= atom->from) return YES;
    know_element(s, atom->from);
    if (excludes(s, schema_not(atom->literal))) return YES;
    return known.min > atom->from && excludes(s, atom->literal) ? NO : OPEN;
}

/* How far an atom of the rest is settled by one that says what all of it is. */
static enum verdict judge_by_rest(struct solver *s, const struct schema_atom *atom) {
    for (uint32_t i = 0; i < s->atoms.n; i++) {
        const struct schema_atom *other = schema_atom_at(s->c, s->atoms.data[i]);
        if (other->kind != ATOM_ALL || other->from > atom->from) continue;
        if (atom->kind == ATOM_ALL && pair_excludes(s->c, other->literal, atom->literal ^ 1)) {
            return YES;
        }
        if (atom->kind == ATOM_MATCHES && pair_excludes(s->c, other->literal, atom->literal)) {
            return atom->min == 0 ? YES : NO;
        }
    }
    return OPEN;
}

static enum verdict judge_rest(struct solver *s, const struct schema_atom *atom) {
    struct schema_range known = schema_atoms_range(s->c, s->atoms.data, s->atoms.n);
    uint32_t n_sure = 0;
    bool is_all = atom->kind == ATOM_ALL;
    if (known.max <= atom->from) return is_all || atom->min == 0 ? YES : NO;
    if (!is_all && atom->min > known.max - atom->from) return NO;
    enum verdict verdict = judge_by_rest(s, atom);
    if (verdict != OPEN) return verdict;
    for (uint32_t i = atom->from; i < known.min && i - atom->from < MAX_POSITIONS; i++) {
        know_element(s, i);
        if (is_all && excludes(s, atom->literal)) return NO;
        if (!is_all && excludes(s, schema_not(atom->literal))) n_sure++;
    }
    if (is_all) return OPEN;
    if (n_sure > atom->max) return NO;
    return n_sure >= atom->min && atom->max == SCHEMA_NO_MAX ? YES : OPEN;
}

static enum verdict judge_unique(const struct solver *s, const struct schema_atom *atom) {
    struct schema_range known = schema_atoms_range(s->c, s->atoms.data, s->atoms.n);
    if (known.max <= 1) return atom->kind == ATOM_UNIQUE ? YES : NO;
    for (uint32_t i = 0; i < s->atoms.n; i++) {
        uint32_t kind = schema_atom_at(s->c, s->atoms.data[i])->kind;
        if (kind == ATOM_UNIQUE || kind == ATOM_NOT_UNIQUE) return kind == atom->kind ? YES : NO;
    }
    return OPEN;
}

static enum verdict judge_atom(struct solver *s, uint32_t id) {
    struct schema_atom atom = *schema_atom_at(s->c, id);
    if (!schema_step(s->c, 1 + s->atoms.n / 16)) return NO;
    for (uint32_t i = 0; i < s->atoms.n; i++) {
        if (s->atoms.data[i] == id) return YES;
    }
    switch (atom.kind) {
    case ATOM_COUNT:
        return judge_count(s, &atom);
    case ATOM_AT:
        return judge_element(s, &atom);
    case ATOM_UNIQUE:
    case ATOM_NOT_UNIQUE:
        return judge_unique(s, &atom);
    default:
        return s->is_object ? judge_names(s, &atom) : judge_rest(s, &atom);
    }
}

static enum verdict judge(struct solver *s, const struct schema_form *form) {
    if (form->kind == FORM_ATOM) return judge_atom(s, form->atom);
    if (form->kind == FORM_TRUE || form->kind == FORM_FALSE) return form->kind == FORM_TRUE;
    enum verdict final = form->kind == FORM_AND ? NO : YES, all = final == NO ? YES : NO;
    bool is_open = false;
    for (uint32_t i = 0; i < form->n && !schema_failed(s->c); i++) {
        enum verdict verdict = judge(s, form->parts[i]);
        if (verdict == final) return final;
        is_open = is_open || verdict == OPEN;
    }
    return is_open ? OPEN : all;
}

/* ---- search ---- */

/* False: a contradiction. */
static bool hold(struct solver *s, uint32_t atom) {
    enum verdict verdict = judge_atom(s, atom);
    if (verdict != OPEN) return verdict == YES;
    schema_add_id(s->c, &s->atoms, atom);
    if (schema_atom_at(s->c, atom)->kind != ATOM_COUNT || s->is_object) return true;
    struct schema_range known = schema_atoms_range(s->c, s->atoms.data, s->atoms.n);
    if (known.min > known.max) return false;
    for (uint32_t i = 0; i < known.min && i < MAX_POSITIONS; i++) {
        know_element(s, i);
        if (excludes(s, LITERAL_ANY)) return false;
    }
    return true;
}

/* The disjunct that is left of an OR, if only one is; n_open says how many are. */
static const struct schema_form *remaining(struct solver *s, const struct schema_form *form,
                                           uint32_t *n_open) {
    const struct schema_form *last = NULL;
    *n_open = 0;
    for (uint32_t i = 0; i < form->n; i++) {
        enum verdict verdict = judge(s, form->parts[i]);
        if (verdict == YES) return &schema_true;
        if (verdict == NO) continue;
        last = form->parts[i];
        ++*n_open;
    }
    return *n_open == 0 ? &schema_false : *n_open == 1 ? last : NULL;
}

/* Takes out of what is pending all that needs no cases. *narrow: the OR with the fewest; base +
 * number of pending ones if there is none. False: a contradiction. */
static bool settle(struct solver *s, uint32_t base, uint32_t *narrow) {
    bool again = true;
    while (again) {
        uint32_t fewest = UINT32_MAX;
        *narrow = SCHEMA_NONE;
        again = false;
        for (uint32_t i = base; i < s->pending.n;) {
            const struct schema_form *form = s->pending.data[i];
            uint32_t n_open = 0;
            if (schema_failed(s->c)) return false;
            if (form->kind == FORM_OR) {
                const struct schema_form *left = remaining(s, form, &n_open);
                if (!left) {
                    if (n_open < fewest) *narrow = i;
                    if (n_open < fewest) fewest = n_open;
                    i++;
                    continue;
                }
                form = left;
            }
            s->pending.data[i] = s->pending.data[--s->pending.n];
            if (form->kind == FORM_FALSE) return false;
            if (form->kind == FORM_ATOM && !hold(s, form->atom)) return false;
            for (uint32_t k = 0; form->kind == FORM_AND && k < form->n; k++) {
                schema_add_part(s->c, &s->pending, form->parts[k]);
            }
            if (form->kind == FORM_OR) schema_add_part(s->c, &s->pending, form);
            again = true;
        }
    }
    return true;
}

static void emit(struct solver *s) {
    struct schema *c = s->c;
    struct schema_alternatives *out = s->out;
    s->is_found = true;
    if (!out) return;
    struct schema_alternative *data = schema_grow(c, out->data, out->n, &out->cap, sizeof *data);
    uint32_t *atoms = schema_alloc(c, s->atoms.n + 1, sizeof *atoms);
    if (!data || !atoms) return;
    if (s->atoms.n) memcpy(atoms, s->atoms.data, s->atoms.n * sizeof *atoms);
    out->data = data;
    data[out->n++] = (struct schema_alternative){atoms, s->atoms.n};
    if (out->n > MAX_ALTERNATIVES) schema_refuse(c, "it has too many alternatives");
}

static void split(struct solver *s, uint32_t base, uint32_t narrow) {
    const struct schema_form *form = s->pending.data[narrow];
    s->pending.data[narrow] = s->pending.data[s->pending.n - 1];
    s->pending.n--;
    uint32_t end = s->pending.n, n_atoms = s->atoms.n;
    for (uint32_t i = 0; i < form->n && !schema_failed(s->c); i++) {
        if (!s->out && s->is_found) return;
        if (judge(s, form->parts[i]) == NO) continue;
        schema_add_part(s->c, &s->pending, form->parts[i]);
        for (uint32_t k = base; k < end; k++) {
            schema_add_part(s->c, &s->pending, s->pending.data[k]);
        }
        search(s, end);
        s->pending.n = end;
        s->atoms.n = n_atoms;
    }
}

/* Everything in pending from base on must hold. */
static void search(struct solver *s, uint32_t base) {
    struct schema_at before;
    uint32_t narrow;
    bool is_ok = schema_enter(s->c, SCHEMA_NONE, &before) && schema_step(s->c, 16);
    if (is_ok && settle(s, base, &narrow)) {
        if (narrow == SCHEMA_NONE) {
            emit(s);
        } else {
            split(s, base, narrow);
        }
    }
    schema_leave(s->c, &before);
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* All conditions of a are among those of b, both sorted. */
static bool is_within(const struct schema_alternative *a, const struct schema_alternative *b) {
    uint32_t k = 0;
    for (uint32_t i = 0; i < a->n; i++, k++) {
        while (k < b->n && b->atoms[k] < a->atoms[i]) k++;
        if (k == b->n || b->atoms[k] != a->atoms[i]) return false;
    }
    return true;
}

/* An alternative with more conditions than another adds nothing to it. */
static void drop_covered(struct schema *c, struct schema_alternatives *all) {
    for (uint32_t i = 0; i < all->n; i++) {
        qsort(all->data[i].atoms, all->data[i].n, sizeof(uint32_t), by_value);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < all->n && schema_step(c, all->n); i++) {
        bool is_covered = false;
        for (uint32_t k = 0; k < all->n && !is_covered; k++) {
            if (k == i || !is_within(&all->data[k], &all->data[i])) continue;
            is_covered = k < i || all->data[k].n < all->data[i].n;
        }
        if (!is_covered) all->data[kept++] = all->data[i];
    }
    all->n = kept;
}

void schema_solve(struct schema *c, const struct schema_form *form, bool is_object,
                  struct schema_alternatives *out) {
    struct solver s = {.c = c, .is_object = is_object, .out = out};
    *out = (struct schema_alternatives){0};
    schema_add_part(c, &s.pending, form);
    search(&s, 0);
    if (!schema_failed(c)) drop_covered(c, out);
}

bool schema_is_solvable(struct schema *c, const struct schema_form *form, bool is_object) {
    struct solver s = {.c = c, .is_object = is_object};
    schema_add_part(c, &s.pending, form);
    search(&s, 0);
    return s.is_found;
}
