/* zone.c - TZif files and the rule at their end. */
#include "postern/zone.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "postern/buf.h"
#include "postern/caldate.h"

#define TYPES_MAX    256
#define DAY_S	     86400
#define OFFSET_MAX_S 93599 /* 25:59:59, RFC 9636 section 3.2 */

/* "M10.5.0/3": a day of every year and a time on that day. */
struct rule_day {
	enum { DAY_OF_WEEK, DAY_NO_LEAP, DAY_OF_YEAR } kind;
	int64_t month, week, day; /* day: of the week 0 Sunday, or the year */
	int64_t time_s;
};

struct zone {
	size_t len;
	int64_t at_s[ZONE_TRANSITIONS_MAX];
	uint8_t type[ZONE_TRANSITIONS_MAX];
	size_t types_len;
	int32_t offset_s[TYPES_MAX];
	/* After the last change; without a footer it stays as it was. */
	bool has_footer, has_summer;
	int32_t winter_s, summer_s;
	struct rule_day begin, end; /* of summer time */
};

/* --- the footer: a POSIX TZ string ---------------------------------------- */

struct text {
	const char *at, *end;
};

static char peek(const struct text *t)
{
	return t->at < t->end ? *t->at : '\0';
}

static bool take(struct text *t, char c)
{
	if (peek(t) != c)
		return false;
	t->at++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool take_number(struct text *t, int64_t max, int64_t *ret)
{
	int64_t value = 0;

	if (!is_digit(peek(t)))
		return false;
	for (; is_digit(peek(t)); t->at++) {
		value = value * 10 + (*t->at - '0');
		if (value > max)
			return false;
	}
	*ret = value;
	return true;
}

/* "CET" or "<+01>": what the clock is called is of no use here. */
static bool skip_name(struct text *t)
{
	bool quoted = take(t, '<');
	const char *from = t->at;

	while (
	    is_alpha(peek(t)) ||
	    (quoted && (is_digit(peek(t)) || peek(t) == '+' || peek(t) == '-')))
		t->at++;
	if (t->at - from < 3)
		return false;
	return !quoted || take(t, '>');
}

/* "[+-]hh[:mm[:ss]]" */
static bool take_time(struct text *t, int64_t hours_max, int64_t *ret_s)
{
	int64_t h, m = 0, s = 0;
	bool minus = peek(t) == '-';

	if (minus || peek(t) == '+')
		t->at++;
	if (!take_number(t, hours_max, &h))
		return false;
	if (take(t, ':')) {
		if (!take_number(t, 59, &m) ||
		    (take(t, ':') && !take_number(t, 59, &s)))
			return false;
	}
	*ret_s = (h * 60 + m) * 60 + s;
	if (minus)
		*ret_s = -*ret_s;
	return true;
}

/* ",M3.5.0", ",J60" or ",59", then perhaps "/time" */
static bool take_rule(struct text *t, struct rule_day *ret)
{
	*ret = (struct rule_day){.kind = DAY_OF_YEAR, .time_s = 7200};
	if (!take(t, ','))
		return false;
	if (take(t, 'M')) {
		ret->kind = DAY_OF_WEEK;
		if (!take_number(t, 12, &ret->month) || !take(t, '.') ||
		    !take_number(t, 5, &ret->week) || !take(t, '.') ||
		    !take_number(t, 6, &ret->day) || ret->month == 0 ||
		    ret->week == 0)
			return false;
	} else if (take(t, 'J')) {
		ret->kind = DAY_NO_LEAP;
		if (!take_number(t, 365, &ret->day) || ret->day == 0)
			return false;
	} else if (!take_number(t, 365, &ret->day)) {
		return false;
	}
	return !take(t, '/') || take_time(t, 167, &ret->time_s);
}

/* POSIX counts west of Greenwich as positive. */
static bool take_offset(struct text *t, int32_t *ret_s)
{
	int64_t s;

	if (!take_time(t, 24, &s))
		return false;
	*ret_s = (int32_t)-s;
	return true;
}

static bool read_footer(struct zone *z, struct text t)
{
	if (t.at == t.end)
		return true;
	z->has_footer = true;
	if (!skip_name(&t) || !take_offset(&t, &z->winter_s))
		return false;
	if (t.at == t.end)
		return true;
	z->has_summer = true;
	z->summer_s = z->winter_s + 3600;
	if (!skip_name(&t) ||
	    (peek(&t) != ',' && !take_offset(&t, &z->summer_s)))
		return false;
	return take_rule(&t, &z->begin) && take_rule(&t, &z->end) &&
	       t.at == t.end;
}

/* --- the file ------------------------------------------------------------- */

struct head {
	uint8_t version;
	uint32_t isut, isstd, leaps, times, types, chars;
};

static bool read_head(struct cut *c, struct head *ret)
{
	const uint8_t *magic = cut_bytes(c, 4);

	if (magic == NULL || memcmp(magic, "TZif", 4) != 0)
		return false;
	ret->version = cut_u8(c);
	(void)cut_bytes(c, 15);
	ret->isut = cut_u32(c);
	ret->isstd = cut_u32(c);
	ret->leaps = cut_u32(c);
	ret->times = cut_u32(c);
	ret->types = cut_u32(c);
	ret->chars = cut_u32(c);
	/* Far more than any file has, and no product of it overflows. */
	return !c->failed && ret->version >= '2' && ret->isut <= TYPES_MAX &&
	       ret->isstd <= TYPES_MAX && ret->leaps <= ZONE_TRANSITIONS_MAX &&
	       ret->times <= ZONE_TRANSITIONS_MAX && ret->types >= 1 &&
	       ret->types <= TYPES_MAX && ret->chars <= ZONE_FILE_MAX;
}

/* The first block has times of 32 bits; it is for old readers. */
static bool skip_old(struct cut *c)
{
	struct head h;

	if (!read_head(c, &h))
		return false;
	return cut_bytes(c, (size_t)h.times * 5 + (size_t)h.types * 6 +
				h.chars + (size_t)h.leaps * 8 + h.isstd +
				h.isut) != NULL;
}

static bool read_times(struct cut *c, const struct head *h, struct zone *z)
{
	for (size_t i = 0; i < h->times; i++) {
		z->at_s[i] = (int64_t)cut_u64(c);
		if (i > 0 && z->at_s[i] <= z->at_s[i - 1])
			return false;
	}
	for (size_t i = 0; i < h->times; i++) {
		z->type[i] = cut_u8(c);
		if (z->type[i] >= h->types)
			return false;
	}
	z->len = h->times;
	return true;
}

static bool read_types(struct cut *c, const struct head *h, struct zone *z)
{
	for (size_t i = 0; i < h->types; i++) {
		z->offset_s[i] = (int32_t)cut_u32(c);
		(void)cut_u16(c); /* summer time? and where its name is */
		if (z->offset_s[i] > OFFSET_MAX_S ||
		    z->offset_s[i] < -OFFSET_MAX_S)
			return false;
	}
	z->types_len = h->types;
	return true;
}

static bool read_file(struct cut *c, struct zone *z)
{
	struct text footer;
	struct head h;

	if (!skip_old(c) || !read_head(c, &h) || h.leaps != 0 ||
	    !read_times(c, &h, z) || !read_types(c, &h, z))
		return false;
	(void)cut_bytes(c, (size_t)h.chars + h.isstd + h.isut);
	/* The footer stands in lines of its own, and nothing behind it. */
	if (c->failed || c->left < 2 || c->at[0] != '\n' ||
	    c->at[c->left - 1] != '\n')
		return false;
	footer = (struct text){(const char *)c->at + 1,
			       (const char *)c->at + c->left - 1};
	return read_footer(z, footer);
}

int zone_parse(const uint8_t *bytes, size_t len, struct zone **ret,
	       struct err *err)
{
	struct cut c = CUT(bytes, len);
	struct zone *z;

	if (len > ZONE_FILE_MAX)
		return ERR_SET(err, ERR_INPUT, "too large for a time zone", 0);
	z = calloc(1, sizeof(*z));
	if (z == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a time zone", 0);
	if (!read_file(&c, z)) {
		zone_free(&z);
		return ERR_SET(err, ERR_INPUT, "no file of a time zone", 0);
	}
	*ret = z;
	return 0;
}

void zone_free(struct zone **z)
{
	if (z == NULL)
		return;
	free(*z);
	*z = NULL;
}

/* --- from UTC to local ---------------------------------------------------- */

/* Local seconds since 1970 of a rule in one year. */
static int64_t rule_local_s(const struct rule_day *r, int64_t year)
{
	int64_t day, next;

	if (r->kind != DAY_OF_WEEK) {
		day = caldate_day(year, 1, 1) + r->day;
		/* J60 is 1 March in every year. */
		if (r->kind == DAY_NO_LEAP &&
		    (r->day < 60 || !caldate_exists(year, 2, 29)))
			day--;
		return day * DAY_S + r->time_s;
	}
	day = caldate_day(year, r->month, 1);
	day += (r->day + 7 - caldate_weekday(day) % 7) % 7;
	day += (r->week - 1) * 7;
	next = r->month == 12 ? caldate_day(year + 1, 1, 1)
			      : caldate_day(year, r->month + 1, 1);
	if (day >= next) /* the fifth is the last one */
		day -= 7;
	return day * DAY_S + r->time_s;
}

/* A point in time to a year that caldate.h knows, with room on both sides. */
static int64_t year_of(int64_t utc_s)
{
	int64_t day = utc_s / DAY_S;

	if (day < CALDATE_MIN)
		day = CALDATE_MIN;
	if (day > CALDATE_MAX)
		day = CALDATE_MAX;
	return caldate_of(day).year;
}

/* The latest change of the years around decides; where the end of one summer
 * is the beginning of the next, it is summer all year. */
static int32_t footer_offset_s(const struct zone *z, int64_t utc_s)
{
	int64_t year = year_of(utc_s), latest = INT64_MIN;
	bool summer = false;

	if (!z->has_summer)
		return z->winter_s;
	for (int64_t y = year - 2; y <= year + 1; y++) {
		int64_t end = rule_local_s(&z->end, y) - z->summer_s;
		int64_t begin = rule_local_s(&z->begin, y) - z->winter_s;

		if (end <= utc_s && end > latest) {
			latest = end;
			summer = false;
		}
		if (begin <= utc_s && begin >= latest) {
			latest = begin;
			summer = true;
		}
	}
	return summer ? z->summer_s : z->winter_s;
}

int32_t zone_offset_s(const struct zone *z, int64_t utc_s)
{
	size_t low = 0, high;

	if (z == NULL)
		return 0;
	if ((z->len == 0 || utc_s >= z->at_s[z->len - 1]) && z->has_footer)
		return footer_offset_s(z, utc_s);
	/* low becomes the number of changes that have happened. */
	for (high = z->len; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (z->at_s[middle] <= utc_s)
			low = middle + 1;
		else
			high = middle;
	}
	return z->offset_s[low == 0 ? 0 : z->type[low - 1]];
}

/* --- from local to UTC ---------------------------------------------------- */

int64_t zone_utc_s(const struct zone *z, int64_t local_s)
{
	int32_t before = zone_offset_s(z, local_s - DAY_S);
	int32_t after = zone_offset_s(z, local_s + DAY_S);
	int64_t early = local_s - (before > after ? before : after);
	int64_t late = local_s - (before > after ? after : before);

	if (zone_offset_s(z, early) == local_s - early)
		return early;
	if (zone_offset_s(z, late) == local_s - late)
		return late;
	/* Skipped: the change lies between the two. */
	while (late - early > 1) {
		int64_t middle = early + (late - early) / 2;

		if (zone_offset_s(z, middle) == before)
			early = middle;
		else
			late = middle;
	}
	return late;
}
