/* disclose.h - which figures of a day may be shown.  Pure.
 *
 * Figures name nobody, but a number below DISCLOSE_LEAST may be about somebody
 * one knows to have written, and so may the difference of two numbers that
 * are shown.  What is decided here is therefore final, and the same whoever
 * asks for which range:
 *
 * - A day's total is shown if it is 0 or large enough; its split only if each
 *   of its parts is as well.
 * - Its hours are shown only with their day, and only as many that what is
 *   left of the day without them is 0 or large enough too: of several the
 *   smallest are left out.
 * - A month comes after its days: it is shown only if what it tells about the
 *   days that were not is large enough.
 *
 * Sums over other ranges are made of what is shown. */
#ifndef POSTERN_API_DISCLOSE_H
#define POSTERN_API_DISCLOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISCLOSE_LEAST 5
#define DISCLOSE_PARTS 3

struct disclosed {
	/* Of the total, without overlap; 0 those that are not used. */
	int64_t parts[DISCLOSE_PARTS];
	bool total, split; /* may be shown */
};

int64_t disclose_sum(const struct disclosed *d);
/* Parts of the hours are given; those of the day are written as well. */
void disclose_day(struct disclosed *day, struct disclosed *hours, size_t len);
/* The days were decided. */
void disclose_month(struct disclosed *month, const struct disclosed *days,
		    size_t len);

#endif
