/* From notes to groups. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "task/digest_internal.h"
#include "task/digest_time.h"

/* A table from seeded hashes of 64 bits to numbers of notes or groups. Two keys of one hash would
 * be taken for one: nobody can make such, and among a million it does not happen by itself. */
struct table {
    struct slot {
        uint64_t hash;
        size_t value; /* + 1; 0 = empty */
    } * slots;
    size_t mask;
};

static bool table_init(struct table *t, struct arena *arena, size_t n) {
    size_t size = 16;
    while (size < 2 * n) size *= 2;
    t->slots = arena_array(arena, size, sizeof *t->slots);
    t->mask = size - 1;
    return t->slots != NULL;
}

/* The slot of the hash: its own, or the empty one where it belongs. */
static struct slot *table_find(struct table *t, uint64_t hash) {
    size_t i = (size_t)hash & t->mask;
    while (t->slots[i].value && t->slots[i].hash != hash) i = (i + 1) & t->mask;
    return &t->slots[i];
}

static uint64_t hash_text(uint64_t seed, const char *text) {
    return hash_bytes(seed, text, strlen(text));
}

/* ---- updates ---- */

/* old < new: a later one always stands for an earlier one. */
static void merge(struct digest_state *d, size_t old, size_t new) {
    if (old == new || d->notes[old].is_merged) return;
    d->notes[old].is_merged = d->notes[old].is_update = true;
    d->notes[old].group = new; /* until the group of that one is known */
}

/* A later notification of the same app with the id of an earlier one, or that replaces it. */
static ingle_status merge_updates(struct digest_state *d) {
    struct table ids;
    if (!table_init(&ids, &d->arena, 2 * d->n)) return digest_check(d);
    for (size_t i = 0; i < d->n; i++) {
        const ingle_notification *item = &d->items[i];
        uint64_t app = hash_text(d->seed, d->notes[i].app);
        const char *names[] = {item->replaces, item->id};
        for (size_t k = 0; k < 2; k++) {
            if (!names[k] || !names[k][0] || strcmp(names[k], "0") == 0) continue;
            struct slot *slot = table_find(&ids, hash_text(app, names[k]));
            if (slot->value) merge(d, slot->value - 1, i);
            *slot = (struct slot){hash_text(app, names[k]), i + 1};
        }
    }
    return INGLE_OK;
}

/* ---- groups ---- */

/* "Anna (3 messages)" is Anna, "Re: Re: Lunch" is Lunch. */
static size_t trim_title(const char **title) {
    const char *at = *title;
    while (strncmp(at, "Re: ", 4) == 0 || strncmp(at, "RE: ", 4) == 0 ||
           strncmp(at, "Fwd: ", 5) == 0 || strncmp(at, "AW: ", 4) == 0) {
        at = strchr(at, ' ') + 1;
    }
    *title = at;
    size_t len = strlen(at);
    const char *open = len && at[len - 1] == ')' ? strrchr(at, '(') : NULL;
    if (open && open > at + 1 && open[-1] == ' ' && open[1] >= '0' && open[1] <= '9') {
        len = (size_t)(open - at) - 1;
    }
    return len;
}

/* What the note belongs to in its app; the note keeps it as its conversation. */
static ingle_status find_conversation(struct digest_state *d, struct digest_note *note) {
    bool by_title = note->app_kind != APP_OTHER || !note->app[0];
    bool is_count = note->facts.about & ABOUT_BIT(ABOUT_MORE);
    if (note->conversation[0] || !by_title) return INGLE_OK;
    if (note->app_kind == APP_PHONE && (note->facts.about & ABOUT_BIT(ABOUT_MISSED)))
        return INGLE_OK;
    if (note->app_kind != APP_OTHER && is_count && !note->body[0]) return INGLE_OK;
    const char *title = note->title;
    size_t len = trim_title(&title);
    if (strcmp(title, note->app) == 0) return INGLE_OK;
    const char *own = arena_copy(&d->arena, title, len);
    if (own) note->conversation = own;
    return digest_check(d);
}

static ingle_status new_group(struct digest_state *d, const struct digest_note *note, size_t *g) {
    if (d->n_groups == d->groups_cap) {
        size_t cap = d->groups_cap ? 2 * d->groups_cap : 64;
        ingle_digest_group *groups = arena_array(&d->arena, cap, sizeof *groups);
        struct digest_members *members = arena_array(&d->arena, cap, sizeof *members);
        if (!groups || !members) return digest_check(d);
        if (d->n_groups) {
            memcpy(groups, d->groups, d->n_groups * sizeof *groups);
            memcpy(members, d->members, d->n_groups * sizeof *members);
        }
        d->groups = groups;
        d->members = members;
        d->groups_cap = cap;
    }
    *g = d->n_groups++;
    d->groups[*g] = (ingle_digest_group){
        .app = note->app, .conversation = note->conversation, .text = "", .when = ""};
    return INGLE_OK;
}

/* In a group, what says the same as a later one, or tells an earlier step of it, is merged. */
static void merge_repetition(struct digest_state *d, struct table *texts, size_t i) {
    const struct digest_note *note = &d->notes[i];
    uint64_t hash = note->has_progress ? note->shape_hash : note->text_hash;
    struct slot *slot = table_find(texts, hash_u64(hash, note->group));
    if (slot->value) d->notes[slot->value - 1].is_merged = true;
    *slot = (struct slot){hash_u64(hash, note->group), i + 1};
}

/* From the last to the first, so that what stands for a note has its group already. Repetitions
 * are merged within a group, and have it too. */
static void join_updates(struct digest_state *d) {
    for (size_t i = d->n; i-- > 0;) {
        if (d->notes[i].is_update) d->notes[i].group = d->notes[d->notes[i].group].group;
    }
}

static void count(struct digest_state *d, size_t i) {
    const struct digest_note *note = &d->notes[i];
    ingle_digest_group *group = &d->groups[note->group];
    group->n++;
    d->members[note->group].n++;
    group->n_merged += note->is_merged;
    group->had_secret |= note->secrets != 0;
    if (!note->is_merged && note->facts.urgency > group->urgency) {
        group->urgency = note->facts.urgency;
    }
    if (!note->time_s) return;
    if (!group->first_s || note->time_s < group->first_s) group->first_s = note->time_s;
    if (note->time_s > group->last_s) group->last_s = note->time_s;
}

static ingle_status list_members(struct digest_state *d) {
    for (size_t g = 0; g < d->n_groups; g++) {
        struct digest_members *m = &d->members[g];
        m->notes = arena_array(&d->arena, m->n, sizeof *m->notes);
        if (!m->notes) return digest_check(d);
        m->n = 0;
    }
    for (size_t i = 0; i < d->n; i++) {
        struct digest_members *m = &d->members[d->notes[i].group];
        m->notes[m->n++] = i;
    }
    return INGLE_OK;
}

/* ---- order ---- */

/* A conversation is of people unless it names a thing: org/project#12. */
static bool is_of_people(const struct digest_state *d, size_t g) {
    const ingle_digest_group *group = &d->groups[g];
    const struct digest_note *last = &d->notes[d->members[g].notes[d->members[g].n - 1]];
    bool only_codes = true;
    for (size_t i = 0; i < d->members[g].n && only_codes; i++) {
        only_codes = d->notes[d->members[g].notes[i]].secrets & (1u << SECRET_CODE);
    }
    if (only_codes) return false;
    if (last->app_kind == APP_CHAT || last->app_kind == APP_PHONE) return true;
    if (group->urgency == INGLE_URGENCY_LOW) return false;
    if (last->app_kind == APP_MAIL) return true;
    return group->conversation[0] && !strpbrk(group->conversation, "/#");
}

static int weight_of(const struct digest_state *d, size_t g) {
    int weight = -10;
    for (size_t i = 0; i < d->members[g].n; i++) {
        const struct digest_note *note = &d->notes[d->members[g].notes[i]];
        if (!note->is_merged && note->facts.weight > weight) weight = note->facts.weight;
    }
    return weight;
}

/* What groups are ordered by. */
struct rank {
    const ingle_digest_group *group;
    int weight;
    size_t g;
};

static int compare_ranks(const void *a, const void *b) {
    const struct rank *x = a, *y = b;
    if (x->group->section != y->group->section) {
        return x->group->section < y->group->section ? -1 : 1;
    }
    if (x->group->urgency != y->group->urgency) {
        return x->group->urgency > y->group->urgency ? -1 : 1;
    }
    if (x->weight != y->weight) return x->weight > y->weight ? -1 : 1;
    if (x->group->last_s != y->group->last_s) {
        return x->group->last_s > y->group->last_s ? -1 : 1;
    }
    return x->g < y->g ? 1 : -1; /* without times, what appeared last comes first */
}

static ingle_status order_groups(struct digest_state *d) {
    struct rank *ranks = arena_array(&d->arena, d->n_groups, sizeof *ranks);
    ingle_digest_group *groups = arena_array(&d->arena, d->n_groups, sizeof *groups);
    struct digest_members *members = arena_array(&d->arena, d->n_groups, sizeof *members);
    if (!ranks || !groups || !members) return digest_check(d);
    for (size_t g = 0; g < d->n_groups; g++) {
        ingle_digest_group *group = &d->groups[g];
        group->section = group->urgency == INGLE_URGENCY_CRITICAL ? INGLE_DIGEST_URGENT
                         : is_of_people(d, g)                     ? INGLE_DIGEST_PEOPLE
                                                                  : INGLE_DIGEST_REST;
        ranks[g] = (struct rank){group, weight_of(d, g), g};
    }
    qsort(ranks, d->n_groups, sizeof *ranks, compare_ranks);
    for (size_t g = 0; g < d->n_groups; g++) {
        groups[g] = *ranks[g].group;
        members[g] = d->members[ranks[g].g];
    }
    d->groups = groups;
    d->members = members;
    return INGLE_OK;
}

static ingle_status tell_times(struct digest_state *d) {
    int64_t now = d->options.now_s;
    for (size_t i = 0; d->options.now_s == 0 && i < d->n; i++) {
        if (d->notes[i].time_s > now) now = d->notes[i].time_s;
    }
    for (size_t g = 0; g < d->n_groups; g++) {
        if (!d->groups[g].last_s) continue;
        char ago[64];
        digest_time_ago(ago, sizeof ago, d->groups[g].last_s, now);
        const char *own = arena_copy(&d->arena, ago, strlen(ago));
        if (own) d->groups[g].when = own;
    }
    return digest_check(d);
}

ingle_status digest_make_groups(struct digest_state *d) {
    struct table keys, texts;
    INGLE_TRY(merge_updates(d));
    if (!table_init(&keys, &d->arena, d->n) || !table_init(&texts, &d->arena, d->n)) {
        return digest_check(d);
    }
    for (size_t i = 0; i < d->n; i++) {
        struct digest_note *note = &d->notes[i];
        if (note->is_merged) continue; /* it goes where its update goes */
        INGLE_TRY(find_conversation(d, note));
        uint64_t hash = hash_text(hash_text(d->seed, note->app), note->conversation);
        struct slot *slot = table_find(&keys, hash);
        size_t g = slot->value - 1;
        if (!slot->value) INGLE_TRY(new_group(d, note, &g));
        *slot = (struct slot){hash, g + 1};
        note->group = g;
        merge_repetition(d, &texts, i);
    }
    join_updates(d);
    for (size_t i = 0; i < d->n; i++) count(d, i);
    INGLE_TRY(list_members(d));
    INGLE_TRY(order_groups(d));
    return tell_times(d);
}

ingle_status digest_count_left(struct digest_state *d, size_t n_shown) {
    struct table apps;
    if (!table_init(&apps, &d->arena, d->n_groups - n_shown)) return digest_check(d);
    for (size_t g = n_shown; g < d->n_groups; g++) {
        uint64_t hash = hash_text(d->seed, d->groups[g].app);
        struct slot *slot = table_find(&apps, hash);
        d->result->n_left += d->groups[g].n;
        d->result->n_left_apps += !slot->value;
        *slot = (struct slot){hash, 1};
    }
    return INGLE_OK;
}
