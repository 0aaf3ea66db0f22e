/* disclose.c - which figures may be shown. */
#include "disclose.h"

#include <assert.h>

/* Totals are decided first, as a vector of one number; then how they split. */
enum layer { TOTAL, SPLIT };

struct vector {
	int64_t v[DISCLOSE_PARTS];
};

int64_t disclose_sum(const struct disclosed *d)
{
	int64_t sum = 0;

	for (size_t i = 0; i < DISCLOSE_PARTS; i++)
		sum += d->parts[i];
	return sum;
}

static struct vector vector_of(const struct disclosed *d, enum layer layer)
{
	struct vector ret = {0};

	if (layer == TOTAL)
		ret.v[0] = disclose_sum(d);
	else
		for (size_t i = 0; i < DISCLOSE_PARTS; i++)
			ret.v[i] = d->parts[i];
	return ret;
}

static bool too_small(int64_t n)
{
	return n != 0 && n < DISCLOSE_LEAST;
}

static bool safe(const struct vector *vector)
{
	for (size_t i = 0; i < DISCLOSE_PARTS; i++)
		if (too_small(vector->v[i]))
			return false;
	return true;
}

static bool shown(const struct disclosed *d, enum layer layer)
{
	return layer == TOTAL ? d->total : d->split;
}

static void show(struct disclosed *d, enum layer layer, bool on)
{
	if (layer == TOTAL)
		d->total = on;
	else
		d->split = on;
}

/* What is known of those that are not shown, by who knows the whole. */
static struct vector residual(const struct disclosed *whole,
			      const struct disclosed *of, size_t len,
			      enum layer layer)
{
	struct vector left = vector_of(whole, layer), one;

	for (size_t i = 0; i < len; i++) {
		if (!shown(&of[i], layer))
			continue;
		one = vector_of(&of[i], layer);
		for (size_t k = 0; k < DISCLOSE_PARTS; k++)
			left.v[k] -= one.v[k];
	}
	return left;
}

static void sum_up(struct disclosed *whole, const struct disclosed *of,
		   size_t len)
{
	*whole = (struct disclosed){0};
	for (size_t i = 0; i < len; i++)
		for (size_t k = 0; k < DISCLOSE_PARTS; k++)
			whole->parts[k] += of[i].parts[k];
}

/* --- hours ---------------------------------------------------------------- */

/* Does it add to a part of the rest that is too small? */
static bool helps(const struct disclosed *d, const struct vector *left,
		  enum layer layer)
{
	struct vector own = vector_of(d, layer);

	for (size_t k = 0; k < DISCLOSE_PARTS; k++)
		if (too_small(left->v[k]) && own.v[k] > 0)
			return true;
	return false;
}

/* The smallest that is shown and helps; NULL: none. */
static struct disclosed *victim(struct disclosed *hours, size_t len,
				const struct vector *left, enum layer layer)
{
	struct disclosed *best = NULL;

	for (size_t i = 0; i < len; i++)
		if (shown(&hours[i], layer) && helps(&hours[i], left, layer) &&
		    (best == NULL ||
		     disclose_sum(&hours[i]) < disclose_sum(best)))
			best = &hours[i];
	return best;
}

/* The whole is shown, so it is safe: with all hours left out, so is the rest,
 * and one is found as long as it is not. */
static void hide_hours(const struct disclosed *day, struct disclosed *hours,
		       size_t len, enum layer layer)
{
	struct vector left = residual(day, hours, len, layer);

	while (!safe(&left)) {
		struct disclosed *hidden = victim(hours, len, &left, layer);

		assert(hidden != NULL);
		show(hidden, layer, false);
		left = residual(day, hours, len, layer);
	}
}

static void decide(struct disclosed *day, struct disclosed *hours, size_t len,
		   enum layer layer)
{
	struct vector all = vector_of(day, layer), one;

	show(day, layer, safe(&all) && (layer == TOTAL || day->total));
	for (size_t i = 0; i < len; i++) {
		one = vector_of(&hours[i], layer);
		show(&hours[i], layer,
		     shown(day, layer) && safe(&one) &&
			 (layer == TOTAL || hours[i].total));
	}
	if (shown(day, layer))
		hide_hours(day, hours, len, layer);
}

void disclose_day(struct disclosed *day, struct disclosed *hours, size_t len)
{
	sum_up(day, hours, len);
	decide(day, hours, len, TOTAL);
	decide(day, hours, len, SPLIT);
}

/* --- months --------------------------------------------------------------- */

void disclose_month(struct disclosed *month, const struct disclosed *days,
		    size_t len)
{
	struct vector all, left;

	sum_up(month, days, len);
	for (enum layer layer = TOTAL; layer <= SPLIT; layer++) {
		all = vector_of(month, layer);
		left = residual(month, days, len, layer);
		show(month, layer,
		     safe(&all) && safe(&left) &&
			 (layer == TOTAL || month->total));
	}
}
