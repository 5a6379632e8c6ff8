/*
 * The arena's plan: which tensors may lie in the same place.
 *
 * Items are placed by falling size, each in the lowest gap that it fits in among the items alive at the same time. No
 * plan is optimal for every graph; this one reaches the lower bound (the most bytes alive at one time) on chains of
 * layers and on most graphs with branches.
 */
#include "model.h"

enum { END = 0xffff, LIMIT = 1 << 30 };

/* Offset of the lowest gap for an item; *before is the item of the list, ordered by offset, that it comes after. */
static uint32_t find_gap(const picket_item_t *items, uint16_t head, const picket_item_t *item, uint16_t *before) {
    uint32_t gap = 0;
    for (uint16_t i = head; i != END; i = items[i].next) {
        const picket_item_t *other = &items[i];
        if (other->first > item->last || other->last < item->first) {
            continue;
        }
        if (other->offset_bytes >= gap + item->bytes) {
            break;
        }
        uint32_t end = other->offset_bytes + other->bytes;
        gap = end > gap ? end : gap;
    }
    *before = END;
    for (uint16_t i = head; i != END && items[i].offset_bytes <= gap; i = items[i].next) {
        *before = i;
    }
    return gap;
}

/* The largest item that has no place yet; those of equal size in the order of their first use, so that plans do not
 * depend on numbering. */
static uint32_t next_item(const picket_item_t *items, uint32_t count) {
    uint32_t best = END;
    for (uint32_t i = 0; i < count; i++) {
        const picket_item_t *item = &items[i];
        if (item->bytes == 0 || item->first == PICKET_NEVER || item->root != i || item->offset_bytes != UINT32_MAX) {
            continue;
        }
        if (best == END || item->bytes > items[best].bytes
            || (item->bytes == items[best].bytes && item->first < items[best].first)) {
            best = i;
        }
    }
    return best;
}

uint32_t picket_plan(picket_item_t *items, uint32_t count) {
    uint32_t total = 0;
    uint16_t head = END;
    for (uint32_t i = 0; i < count; i++) {
        items[i].bytes = (items[i].bytes + PICKET_ARENA_ALIGN - 1) & ~(uint32_t)(PICKET_ARENA_ALIGN - 1);
        items[i].offset_bytes = UINT32_MAX;
    }
    for (;;) {
        uint32_t chosen = next_item(items, count);
        if (chosen == END) {
            return total;
        }
        picket_item_t *item = &items[chosen];
        uint16_t before;
        item->offset_bytes = find_gap(items, head, item, &before);
        if (before == END) {
            item->next = head;
            head = (uint16_t)chosen;
        } else {
            item->next = items[before].next;
            items[before].next = (uint16_t)chosen;
        }
        uint32_t end = item->offset_bytes + item->bytes;
        if (end > LIMIT) {
            return UINT32_MAX;
        }
        total = end > total ? end : total;
    }
}
