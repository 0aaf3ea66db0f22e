/* simulate_table.c - counted by Datenart, channel and month. */
#include "simulate_parts.h"

#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "postern/caldate.h"

#define SLOTS_MIN 256

void simulate_table_free(struct simulate *s)
{
	free(s->cells);
	free(s->slots);
	free(s->order);
}

static size_t slot_of(const struct simulate *s, size_t datenart, size_t channel,
		      int32_t month)
{
	uint64_t h = ((uint64_t)datenart << 40) ^ ((uint64_t)channel << 24) ^
		     (uint64_t)(uint32_t)month;

	h *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(h >> 32) & (s->slots_size - 1);
}

static void put(struct simulate *s, uint32_t cell)
{
	const struct simulate_cell *c = &s->cells[cell];
	size_t at = slot_of(s, c->datenart, c->channel, c->month);

	while (s->slots[at] != 0)
		at = (at + 1) & (s->slots_size - 1);
	s->slots[at] = cell + 1;
}

/* Twice as many cells, and slots at least half empty. */
static int make_room(struct simulate *s, struct err *err)
{
	size_t size = s->cells_size > 0 ? 2 * s->cells_size : SLOTS_MIN / 2;
	struct simulate_cell *cells;
	uint32_t *slots;

	if (s->cells_len < s->cells_size)
		return 0;
	slots = calloc(2 * size, sizeof(*slots));
	cells = realloc(s->cells, size * sizeof(*cells));
	if (cells)
		s->cells = cells;
	if (!slots || !cells) {
		free(slots);
		return ERR_SET(err, ERR_NOMEM, "no memory to simulate", 0);
	}
	free(s->slots);
	s->slots = slots;
	s->slots_size = 2 * size;
	s->cells_size = size;
	for (size_t i = 0; i < s->cells_len; i++)
		put(s, (uint32_t)i);
	return 0;
}

static int cell_of(struct simulate *s, size_t datenart, size_t channel,
		   int64_t day, struct simulate_counts **ret, struct err *err)
{
	struct caldate date = caldate_of(day);
	int32_t month = 12 * date.year + (int32_t)date.month - 1;

	if (make_room(s, err) != 0)
		return -1;
	for (size_t at = slot_of(s, datenart, channel, month);
	     s->slots[at] != 0; at = (at + 1) & (s->slots_size - 1)) {
		struct simulate_cell *c = &s->cells[s->slots[at] - 1];

		if (c->datenart == datenart && c->channel == channel &&
		    c->month == month) {
			*ret = &c->counts;
			return 0;
		}
	}
	if (s->cells_len >= SIMULATE_ROWS_MAX)
		return ERR_SET(err, ERR_INPUT, "too many rows to simulate", 0);
	free(s->order);
	s->order = NULL;
	s->cells[s->cells_len] = (struct simulate_cell){
	    .datenart = datenart, .channel = channel, .month = month};
	put(s, (uint32_t)s->cells_len);
	*ret = &s->cells[s->cells_len++].counts;
	return 0;
}

static void count_came(struct simulate_counts *c,
		       const struct simulate_item *item,
		       const struct simulate_verdict *v)
{
	c->items += item->holds;
	c->fates[v->fate] += item->holds;
	c->waiting += item->holds && v->waits[SIMULATE_AFTER];
	if (!item->came)
		return;
	c->came++;
	c->refiled += v->refiled;
	for (int side = 0; side < SIMULATE_SIDES; side++) {
		c->outcomes[side][v->outcome[side]]++;
		c->redacted[side] += v->redacted[side];
	}
}

int simulate_count(struct simulate *s, const struct simulate_item *item,
		   const struct simulate_verdict *verdict, struct err *err)
{
	struct simulate_counts *c;
	size_t channel, datenart;

	if (simulate_channel(s, &item->channel, &channel, err) != 0 ||
	    simulate_datenart(s, &item->datenart, &datenart, err) != 0 ||
	    cell_of(s, datenart, channel, simulate_day(s, item->received_ms),
		    &c, err) != 0)
		return -1;
	count_came(c, item, verdict);
	for (int side = 0; item->holds && side < SIMULATE_SIDES; side++) {
		/* Of what waits for its start nobody knows the month. */
		if (verdict->goes[side] > CALDATE_MAX || verdict->waits[side])
			continue;
		if (cell_of(s, datenart, channel, verdict->goes[side], &c,
			    err) != 0)
			return -1;
		c->goes[side]++;
	}
	return 0;
}

/* --- read ----------------------------------------------------------------- */

static int by_names(const void *a, const void *b, void *ctx)
{
	const struct simulate *s = ctx;
	const struct simulate_cell *x = &s->cells[*(const uint32_t *)a];
	const struct simulate_cell *y = &s->cells[*(const uint32_t *)b];
	int side = strcmp(s->datenarten[x->datenart].name.text,
			  s->datenarten[y->datenart].name.text);

	if (side == 0)
		side = strcmp(s->channels[x->channel].is.name.text,
			      s->channels[y->channel].is.name.text);
	return side != 0 ? side : x->month - y->month;
}

int simulate_sort(struct simulate *s, struct err *err)
{
	if (s->order)
		return 0;
	s->order = calloc(s->cells_len + 1, sizeof(*s->order));
	if (!s->order)
		return ERR_SET(err, ERR_NOMEM, "no memory to simulate", 0);
	for (size_t i = 0; i < s->cells_len; i++)
		s->order[i] = (uint32_t)i;
	qsort_r(s->order, s->cells_len, sizeof(*s->order), by_names, s);
	return 0;
}

bool simulate_row_at(const struct simulate *s, size_t i,
		     struct simulate_row *ret)
{
	const struct simulate_cell *c;

	if (!s->order || i >= s->cells_len)
		return false;
	c = &s->cells[s->order[i]];
	*ret = (struct simulate_row){
	    .datenart = s->datenarten[c->datenart].name,
	    .channel = s->channels[c->channel].is.name,
	    .year = c->month / 12,
	    .month = (uint32_t)(c->month % 12) + 1,
	    .counts = c->counts,
	};
	return true;
}

void simulate_add(struct simulate_counts *to,
		  const struct simulate_counts *more)
{
	to->items += more->items;
	to->waiting += more->waiting;
	to->came += more->came;
	to->refiled += more->refiled;
	for (int fate = 0; fate < SIMULATE_FATES; fate++)
		to->fates[fate] += more->fates[fate];
	for (int side = 0; side < SIMULATE_SIDES; side++) {
		to->redacted[side] += more->redacted[side];
		to->goes[side] += more->goes[side];
		for (int o = 0; o < SIMULATE_OUTCOMES; o++)
			to->outcomes[side][o] += more->outcomes[side][o];
	}
}
