/* ledgerentry.c - the canonical bytes of an entry, written and read.
 *
 * Both walk the fields in the order of their names, so nothing is sorted and
 * no general JSON reader is needed: what is not spelled exactly as it is
 * printed here is no entry. */
#include "postern/ledgerentry.h"

#define SECOND_MS 1000
#define DAY_S	  86400
#define LAST_S	  INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* clang-format off */
#define X(id, name) {name, sizeof(name) - 1},
static const struct word {
	const char *name;
	size_t len;
} events[] = {LEDGER_EVENTS(X)}, reasons[] = {LEDGER_REASONS(X)}, actors[] = {
	[LEDGER_SYSTEM] = {"system", 6},
	[LEDGER_SUBJECT] = {"subject", 7},
	[LEDGER_STAFF] = {"st_", 3}, /* and the pseudonym */
	[LEDGER_PROVIDER] = {"provider", 8},
};
#undef X
/* clang-format on */
#define ACTORS_COUNT 4

const char *ledger_event_name(enum ledger_event event)
{
	return events[event].name;
}

const char *ledger_reason_name(enum ledger_reason reason)
{
	return reasons[reason].name;
}

static int find(const struct word *words, int count, const char *name,
		size_t len)
{
	for (int i = 0; i < count; i++)
		if (words[i].len == len &&
		    memcmp(words[i].name, name, len) == 0)
			return i;
	return -1;
}

int ledger_event_named(const char *name, size_t len)
{
	return find(events, LEDGER_EVENTS_COUNT, name, len);
}

int ledger_reason_named(const char *name, size_t len)
{
	return find(reasons, LEDGER_REASONS_COUNT, name, len);
}

/* --- what an entry can say ------------------------------------------------ */

/* The value of a lower-case hex digit; 16: it is none. */
static unsigned int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a' + 10) : 16;
}

static bool is_lower_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (nibble(text[i]) > 15)
			return false;
	return true;
}

static bool is_object(const char *text, size_t len)
{
	enum id_kind kind;

	return id_spelled(text, len, &kind) && kind != ID_PERSON;
}

static int check(const struct ledger_told *t, struct err *err)
{
	size_t object_len = strnlen(t->object.text, sizeof(t->object.text));

	if ((unsigned int)t->event >= LEDGER_EVENTS_COUNT ||
	    (unsigned int)t->reason >= LEDGER_REASONS_COUNT ||
	    (unsigned int)t->actor >= ACTORS_COUNT)
		return ERR_SET(err, ERR_INPUT, "no such event or actor", 0);
	if (t->actor == LEDGER_STAFF &&
	    (strnlen(t->staff, sizeof(t->staff)) != LEDGER_STAFF_HEX ||
	     !is_lower_hex(t->staff, LEDGER_STAFF_HEX)))
		return ERR_SET(err, ERR_INPUT, "no pseudonym", 0);
	if (t->at_ms < 0 || t->at_ms / SECOND_MS > LAST_S)
		return ERR_SET(err, ERR_INPUT, "no time of an entry", 0);
	if (t->policy < 0 || t->policy > LEDGER_NUMBER_MAX ||
	    (t->counted && t->count > LEDGER_NUMBER_MAX))
		return ERR_SET(err, ERR_INPUT, "number out of range", 0);
	if (object_len > 0 && !is_object(t->object.text, object_len))
		return ERR_SET(err, ERR_INPUT, "not what an entry is about", 0);
	return 0;
}

/* --- writing --------------------------------------------------------------
 * Nothing here checks for room: the longest entry has less than
 * LEDGER_ENTRY_MAX bytes, which the test prints. */

struct pen {
	char bytes[LEDGER_ENTRY_MAX];
	size_t len;
};

static void put(struct pen *p, const char *text, size_t len)
{
	memcpy(p->bytes + p->len, text, len);
	p->len += len;
}
#define PUT(p, literal) put((p), "" literal, sizeof(literal) - 1)

static void put_hash(struct pen *p, const uint8_t hash[32])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 32; i++) {
		p->bytes[p->len++] = digits[hash[i] >> 4];
		p->bytes[p->len++] = digits[hash[i] & 15];
	}
}

/* width 0: as many digits as it takes. */
static void put_number(struct pen *p, uint64_t v, size_t width)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0 || sizeof(digits) - at < width);
	put(p, digits + at, sizeof(digits) - at);
}

/* The date of a day since 1970, in the calendar of Gregory, whose cycle of
 * 400 years is counted from 1 March of the year 0, so that a leap day comes
 * last (Hinnant, chrono-compatible low-level date algorithms). */
static void put_date(struct pen *p, uint64_t day)
{
	uint64_t d = day + 719468, cycle = d / 146097, of_cycle = d % 146097;
	uint64_t year = (of_cycle - of_cycle / 1460 + of_cycle / 36524 -
			 of_cycle / 146096) /
			365;
	uint64_t of_year = of_cycle - (365 * year + year / 4 - year / 100);
	uint64_t month = (5 * of_year + 2) / 153; /* 0 is March */

	put_number(p, cycle * 400 + year + (month >= 10), 4);
	PUT(p, "-");
	put_number(p, month >= 10 ? month - 9 : month + 3, 2);
	PUT(p, "-");
	put_number(p, of_year - (153 * month + 2) / 5 + 1, 2);
}

static void put_time(struct pen *p, uint64_t at_s)
{
	put_date(p, at_s / DAY_S);
	PUT(p, "T");
	put_number(p, at_s / 3600 % 24, 2);
	PUT(p, ":");
	put_number(p, at_s / 60 % 60, 2);
	PUT(p, ":");
	put_number(p, at_s % 60, 2);
	PUT(p, "Z");
}

static void put_from_n(struct pen *p, const struct ledger_told *t)
{
	if (t->counted) {
		PUT(p, ",\"n\":");
		put_number(p, t->count, 0);
	}
	if (t->object.text[0] != '\0') {
		PUT(p, ",\"obj\":\"");
		put(p, t->object.text, ID_TEXT_BYTES - 1);
		PUT(p, "\"");
	}
	if (t->policy != 0) {
		PUT(p, ",\"pol\":");
		put_number(p, (uint64_t)t->policy, 0);
	}
	if (t->reason != LEDGER_R_NONE) {
		PUT(p, ",\"r\":\"");
		put(p, reasons[t->reason].name, reasons[t->reason].len);
		PUT(p, "\"");
	}
	if (t->rooted) {
		PUT(p, ",\"root\":\"");
		put_hash(p, t->root.bytes);
		PUT(p, "\"");
	}
	PUT(p, ",\"t\":\"");
	put_time(p, (uint64_t)t->at_ms / SECOND_MS);
	PUT(p, "\",\"v\":1}");
}

int ledger_told_print(const struct ledger_told *t, struct buf *ret,
		      struct err *err)
{
	struct pen p = {.len = 0};

	if (check(t, err) != 0)
		return -1;
	PUT(&p, "{\"act\":\"");
	put(&p, actors[t->actor].name, actors[t->actor].len);
	if (t->actor == LEDGER_STAFF)
		put(&p, t->staff, LEDGER_STAFF_HEX);
	PUT(&p, "\"");
	if (t->committed) {
		PUT(&p, ",\"c\":\"");
		put_hash(&p, t->commitment);
		PUT(&p, "\"");
	}
	PUT(&p, ",\"e\":\"");
	put(&p, events[t->event].name, events[t->event].len);
	PUT(&p, "\"");
	put_from_n(&p, t);
	return buf_append(ret, p.bytes, p.len, err);
}

int ledger_entry_print(const struct ledger_entry *e, const struct id_mask *mask,
		       struct buf *ret, struct err *err)
{
	struct ledger_told t = {.event = e->event,
				.at_ms = e->at_ms,
				.actor = e->actor,
				.committed = e->committed,
				.policy = e->policy,
				.reason = e->reason,
				.counted = e->counted,
				.count = e->count,
				.rooted = e->rooted,
				.root = e->root};

	if (e->object < 0 || (e->object != 0 && e->object_kind == ID_PERSON))
		return ERR_SET(err, ERR_INPUT, "not what an entry is about", 0);
	memcpy(t.staff, e->staff, sizeof(t.staff));
	memcpy(t.commitment, e->commitment, sizeof(t.commitment));
	if (e->object != 0)
		id_format(mask, e->object_kind, e->object, &t.object);
	return ledger_told_print(&t, ret, err);
}

/* --- reading -------------------------------------------------------------- */

struct text {
	const char *at;
	size_t left;
};

static bool took(struct text *in, const char *literal, size_t len)
{
	if (in->left < len || memcmp(in->at, literal, len) != 0)
		return false;
	in->at += len;
	in->left -= len;
	return true;
}
#define TOOK(in, literal) took((in), "" literal, sizeof(literal) - 1)

/* Up to the next quote, which is taken too. */
static bool take_word(struct text *in, const char **ret, size_t *ret_len)
{
	const char *end = memchr(in->at, '"', in->left);

	if (end == NULL)
		return false;
	*ret = in->at;
	*ret_len = (size_t)(end - in->at);
	in->at = end + 1;
	in->left -= *ret_len + 1;
	return true;
}

static bool take_hash(struct text *in, uint8_t ret[32])
{
	unsigned int high, low;
	const char *word;
	size_t len;

	if (!take_word(in, &word, &len) || len != 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		high = nibble(word[2 * i]);
		low = nibble(word[2 * i + 1]);
		if (high > 15 || low > 15)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Exactly width digits, or with 0 any number in its only spelling. */
static bool take_number(struct text *in, size_t width, uint64_t *ret)
{
	const char *first = in->at;
	size_t digits = 0;

	*ret = 0;
	while (digits < (width > 0 ? width : 16) && in->left > 0 &&
	       *in->at >= '0' && *in->at <= '9') {
		*ret = *ret * 10 + (uint64_t)(*in->at - '0');
		in->at++;
		in->left--;
		digits++;
	}
	if (width > 0)
		return digits == width;
	return digits == 1 || (digits > 1 && *first != '0');
}

/* The days before 1 January of a year from 1970 on, since 1970. */
static uint64_t days_before(uint64_t year)
{
	uint64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

/* Days that a leap year has more. */
static uint64_t leap(uint64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 1 : 0;
}

static bool take_date(struct text *in, uint64_t *ret_day)
{
	static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30,
					  31, 31, 30, 31, 30, 31};
	uint64_t year, month, day, length;

	if (!take_number(in, 4, &year) || !TOOK(in, "-") ||
	    !take_number(in, 2, &month) || !TOOK(in, "-") ||
	    !take_number(in, 2, &day) || year < 1970 || month < 1 || month > 12)
		return false;
	length = lengths[month - 1] + (month == 2 ? leap(year) : 0);
	if (day < 1 || day > length)
		return false;
	*ret_day = days_before(year) + day - 1;
	for (uint64_t m = 1; m < month; m++)
		*ret_day += lengths[m - 1] + (m == 2 ? leap(year) : 0);
	return true;
}

static bool take_time(struct text *in, int64_t *ret_ms)
{
	uint64_t day, hour, minute, second;

	if (!take_date(in, &day) || !TOOK(in, "T") ||
	    !take_number(in, 2, &hour) || !TOOK(in, ":") ||
	    !take_number(in, 2, &minute) || !TOOK(in, ":") ||
	    !take_number(in, 2, &second) || !TOOK(in, "Z") || hour > 23 ||
	    minute > 59 || second > 59)
		return false;
	*ret_ms = (int64_t)(day * DAY_S + hour * 3600 + minute * 60 + second) *
		  SECOND_MS;
	return true;
}

static bool take_actor(struct text *in, struct ledger_told *t)
{
	const char *word;
	size_t len;
	int actor;

	if (!take_word(in, &word, &len))
		return false;
	if (len == 3 + LEDGER_STAFF_HEX && memcmp(word, "st_", 3) == 0 &&
	    is_lower_hex(word + 3, LEDGER_STAFF_HEX)) {
		t->actor = LEDGER_STAFF;
		memcpy(t->staff, word + 3, LEDGER_STAFF_HEX);
		return true;
	}
	actor = find(actors, ACTORS_COUNT, word, len);
	if (actor < 0 || actor == LEDGER_STAFF)
		return false;
	t->actor = (enum ledger_actor)actor;
	return true;
}

static bool take_event(struct text *in, struct ledger_told *t)
{
	const char *word;
	size_t len;
	int event;

	if (!take_word(in, &word, &len))
		return false;
	event = ledger_event_named(word, len);
	if (event < 0)
		return false;
	t->event = (enum ledger_event)event;
	return true;
}

/* Not "", which is left out. */
static bool take_reason(struct text *in, struct ledger_told *t)
{
	const char *word;
	size_t len;
	int reason;

	if (!take_word(in, &word, &len))
		return false;
	reason = ledger_reason_named(word, len);
	if (reason < 0 || reason == LEDGER_R_NONE)
		return false;
	t->reason = (enum ledger_reason)reason;
	return true;
}

static bool take_object(struct text *in, struct ledger_told *t)
{
	const char *word;
	size_t len;

	if (!take_word(in, &word, &len) || !is_object(word, len))
		return false;
	memcpy(t->object.text, word, len);
	return true;
}

static bool take_policy(struct text *in, struct ledger_told *t)
{
	uint64_t policy;

	if (!take_number(in, 0, &policy) || policy < 1 ||
	    policy > LEDGER_NUMBER_MAX)
		return false;
	t->policy = (int64_t)policy;
	return true;
}

int ledger_entry_parse(const void *bytes, size_t len, struct ledger_told *ret,
		       struct err *err)
{
	struct text in = {bytes, len};
	struct ledger_told t = {.actor = LEDGER_SYSTEM};

	if (len > LEDGER_ENTRY_MAX)
		return ERR_SET(err, ERR_INPUT, "longer than any entry", 0);
	if (!TOOK(&in, "{\"act\":\"") || !take_actor(&in, &t))
		return ERR_SET(err, ERR_INPUT, "entry without actor", 0);
	t.committed = TOOK(&in, ",\"c\":\"");
	if (t.committed && !take_hash(&in, t.commitment))
		return ERR_SET(err, ERR_INPUT, "no commitment", 0);
	if (!TOOK(&in, ",\"e\":\"") || !take_event(&in, &t))
		return ERR_SET(err, ERR_INPUT, "no event known here", 0);
	t.counted = TOOK(&in, ",\"n\":");
	if (t.counted &&
	    (!take_number(&in, 0, &t.count) || t.count > LEDGER_NUMBER_MAX))
		return ERR_SET(err, ERR_INPUT, "no number", 0);
	if (TOOK(&in, ",\"obj\":\"") && !take_object(&in, &t))
		return ERR_SET(err, ERR_INPUT, "not what an entry is about", 0);
	if (TOOK(&in, ",\"pol\":") && !take_policy(&in, &t))
		return ERR_SET(err, ERR_INPUT, "no version of a policy", 0);
	if (TOOK(&in, ",\"r\":\"") && !take_reason(&in, &t))
		return ERR_SET(err, ERR_INPUT, "no reason known here", 0);
	t.rooted = TOOK(&in, ",\"root\":\"");
	if (t.rooted && !take_hash(&in, t.root.bytes))
		return ERR_SET(err, ERR_INPUT, "no root", 0);
	if (!TOOK(&in, ",\"t\":\"") || !take_time(&in, &t.at_ms))
		return ERR_SET(err, ERR_INPUT, "no time of an entry", 0);
	if (!TOOK(&in, "\",\"v\":1}") || in.left != 0)
		return ERR_SET(err, ERR_INPUT, "not the form of an entry", 0);
	*ret = t;
	return 0;
}
