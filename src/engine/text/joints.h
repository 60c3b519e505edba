/* Where tokens join. Between bytes where nothing ever joins no merge crosses, so a text may be cut
 * there and its parts merged alone, as short ones.
 *
 * Most joints are known by the two bytes that meet. In scripts of three bytes a character that
 * would leave next to no cuts, so joints of two parts that are both three bytes or longer, where
 * the bytes that meet are no ASCII, are known by three bytes on either side. */
#ifndef INGLE_ENGINE_TEXT_JOINTS_H
#define INGLE_ENGINE_TEXT_JOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JOINT_SIDE 3
#define JOINT_HASHES ((size_t)1 << 20)

/* Zeroed is empty. */
struct joints {
    uint8_t pairs[256][32];         /* bit set: [left][right / 8] */
    uint8_t wide[JOINT_HASHES / 8]; /* bit set of hashes: of a few that are not there it says yes */
};

/* Of the 2 * JOINT_SIDE bytes around `at`. */
static inline size_t joint_hash(const char *at) {
    uint64_t bytes = 0;
    memcpy(&bytes, at - JOINT_SIDE, 2 * JOINT_SIDE);
    return (size_t)(bytes * 0x9e3779b97f4a7c15u >> 44);
}

/* Two parts of a text, left_len bytes before `at` and right_len from there on, may become one. */
static inline void joints_add(struct joints *j, const char *at, size_t left_len, size_t right_len) {
    uint8_t left = (uint8_t)at[-1], right = (uint8_t)at[0];
    if ((left & right & 0x80) && left_len >= JOINT_SIDE && right_len >= JOINT_SIDE) {
        size_t hash = joint_hash(at);
        j->wide[hash / 8] |= (uint8_t)(1u << hash % 8);
    } else {
        j->pairs[left][right / 8] |= (uint8_t)(1u << right % 8);
    }
}

/* May anything join at text[at] that lies in text[start..end)? start < at < end. */
static inline bool joints_may_join(const struct joints *j, const char *text, size_t start,
                                   size_t at, size_t end) {
    uint8_t left = (uint8_t)text[at - 1], right = (uint8_t)text[at];
    if (j->pairs[left][right / 8] >> right % 8 & 1) return true;
    if (!(left & right & 0x80) || at - start < JOINT_SIDE || end - at < JOINT_SIDE) return false;
    size_t hash = joint_hash(text + at);
    return j->wide[hash / 8] >> hash % 8 & 1;
}

/* Would the answer be the same with more text after end? */
static inline bool joints_decided(const char *text, size_t at, size_t end) {
    return !((uint8_t)text[at - 1] & (uint8_t)text[at] & 0x80) || end - at >= JOINT_SIDE;
}

#endif
