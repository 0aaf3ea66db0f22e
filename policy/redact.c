/* redact.c - finds what a policy wants taken out of a text. */
#include "postern/redact.h"

#include <assert.h>

#include "redact_glyph.h"
#include "redact_issuers.h"

#define DIGITS_MAX 34 /* of an IBAN, letters included */

/* Characters of one number, without what separates them. */
struct number {
	char at[DIGITS_MAX];
	size_t end[DIGITS_MAX];	 /* byte behind each */
	bool joined[DIGITS_MAX]; /* nothing between it and the next */
	size_t len;
};

typedef bool wanted_fn(char c);

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_alnum(char c)
{
	return is_digit(c) || is_letter(c);
}

/* Up to max wanted characters from i on, at most two separators between. */
static void number_read(const struct text *t, size_t i, size_t max,
			wanted_fn *wanted, struct number *ret)
{
	size_t separators = 0;

	ret->len = 0;
	while (i < t->len && ret->len < max) {
		struct glyph g = glyph_at(t, i);

		if (wanted(g.c)) {
			if (ret->len > 0)
				ret->joined[ret->len - 1] = separators == 0;
			ret->at[ret->len] = g.c;
			ret->end[ret->len++] = i + g.len;
			separators = 0;
		} else if (!g.separates || ++separators > 2) {
			break;
		}
		i += g.len;
	}
	if (ret->len > 0)
		ret->joined[ret->len - 1] =
		    i < t->len && separators == 0 && wanted(glyph_at(t, i).c);
}

/* May a number begin here: what stands before is none of it. */
static bool begins(const struct text *t, size_t i, wanted_fn *wanted)
{
	return i == 0 || !wanted(glyph_before(t, i));
}

/* --- check digits --------------------------------------------------------- */

/* ISO 13616: the first four go to the end, letters count from 10. */
static bool iban_checks(const struct number *n, size_t len)
{
	unsigned int rest = 0;

	for (size_t i = 0; i < len; i++) {
		char c = n->at[(i + 4) % len];

		rest = is_digit(c)
			   ? (rest * 10 + (unsigned int)(c - '0')) % 97
			   : (rest * 100 + (unsigned int)(c - 'A') + 10) % 97;
	}
	return rest == 1;
}

static bool luhn_checks(const struct number *n, size_t len)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned int d = (unsigned int)(n->at[len - 1 - i] - '0');

		d *= i % 2 == 0 ? 1 : 2;
		sum += d / 10 + d % 10;
	}
	return sum % 10 == 0;
}

/* ISO 7064 MOD 11,10; and of the first ten digits one comes two or three
 * times.  Source: § 139b AO, Bundeszentralamt fuer Steuern. */
static bool tax_checks(const struct number *n)
{
	unsigned int product = 10, count[10] = {0}, repeated = 0;

	for (size_t i = 0; i < 10; i++) {
		unsigned int d = (unsigned int)(n->at[i] - '0');
		unsigned int sum = (d + product) % 10;

		count[d]++;
		product = (sum == 0 ? 10 : sum) * 2 % 11;
	}
	for (size_t i = 0; i < 10; i++) {
		if (count[i] > 3)
			return false;
		repeated += count[i] > 1;
	}
	return repeated == 1 && n->at[0] != '0' &&
	       (11 - product) % 10 == (unsigned int)(n->at[10] - '0');
}

/* Source: VKVV § 4: the letter as two digits, factors, cross sums. */
static bool insurance_checks(const struct number *n)
{
	static const unsigned int factors[12] = {2, 1, 2, 5, 7, 1,
						 2, 1, 2, 1, 2, 1};
	unsigned int digits[12], sum = 0;

	for (size_t i = 0; i < 8; i++)
		digits[i] = (unsigned int)(n->at[i] - '0');
	digits[8] = (unsigned int)(n->at[8] - 'A' + 1) / 10;
	digits[9] = (unsigned int)(n->at[8] - 'A' + 1) % 10;
	digits[10] = (unsigned int)(n->at[9] - '0');
	digits[11] = (unsigned int)(n->at[10] - '0');
	for (size_t i = 0; i < 12; i++) {
		unsigned int v = digits[i] * factors[i];

		sum += v / 10 + v % 10;
	}
	return sum % 10 == (unsigned int)(n->at[11] - '0');
}

/* --- finders: the byte behind the match, or 0 ----------------------------- */

typedef size_t match_fn(const struct text *t, size_t i, const char *shape);

/* A word: its third letter is no check digit. */
static bool is_word(const struct text *t, size_t i)
{
	return t->len - i > 2 && is_letter(glyph_upper(t->bytes[i + 1])) &&
	       is_letter(glyph_upper(t->bytes[i + 2]));
}

static size_t iban_at(const struct text *t, size_t i)
{
	struct number n;
	size_t len;

	/* Every word may begin one; few go on like one. */
	number_read(t, i, 4, is_alnum, &n);
	if (n.len < 4 || !is_letter(n.at[1]) || !is_digit(n.at[2]) ||
	    !is_digit(n.at[3]))
		return 0;
	number_read(t, i, DIGITS_MAX, is_alnum, &n);
	if (n.len < 15)
		return 0;
	len = issuers_iban_len(n.at);
	return len > 0 && n.len >= len && iban_checks(&n, len) ? n.end[len - 1]
							       : 0;
}

static size_t match_iban(const struct text *t, size_t i, const char *shape)
{
	(void)shape;
	if (is_word(t, i) || !is_letter(glyph_at(t, i).c) ||
	    !begins(t, i, is_alnum))
		return 0;
	return iban_at(t, i);
}

static size_t card_at(const struct text *t, size_t i)
{
	/* The usual ones first: what follows may be a date. */
	static const size_t lengths[] = {16, 15, 14, 13, 19, 18, 17};
	struct number n;

	number_read(t, i, 20, is_digit, &n);
	for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
		size_t len = lengths[k];

		if (n.len >= len && !n.joined[len - 1] &&
		    issuers_card(n.at, len) && luhn_checks(&n, len))
			return n.end[len - 1];
	}
	return 0;
}

static size_t match_card(const struct text *t, size_t i, const char *shape)
{
	(void)shape;
	return is_digit(glyph_at(t, i).c) && begins(t, i, is_digit)
		   ? card_at(t, i)
		   : 0;
}

static size_t tax_id_at(const struct text *t, size_t i)
{
	struct number n;

	number_read(t, i, 12, is_digit, &n);
	return n.len >= 11 && !n.joined[10] && tax_checks(&n) ? n.end[10] : 0;
}

static size_t match_tax_id(const struct text *t, size_t i, const char *shape)
{
	(void)shape;
	return is_digit(glyph_at(t, i).c) && begins(t, i, is_digit)
		   ? tax_id_at(t, i)
		   : 0;
}

static size_t insurance_at(const struct text *t, size_t i)
{
	struct number n;

	number_read(t, i, 13, is_alnum, &n);
	if (n.len < 12 || n.joined[11])
		return 0;
	for (size_t k = 0; k < 12; k++)
		if (k == 8 ? !is_letter(n.at[k]) : !is_digit(n.at[k]))
			return 0;
	return insurance_checks(&n) ? n.end[11] : 0;
}

static size_t match_insurance(const struct text *t, size_t i, const char *shape)
{
	(void)shape;
	return is_digit(glyph_at(t, i).c) && begins(t, i, is_alnum)
		   ? insurance_at(t, i)
		   : 0;
}

/* 01.02.2026 and 01/02/2026 are dates. */
static bool is_date(const struct number *n)
{
	return n->len == 8 && n->joined[0] && !n->joined[1] && n->joined[2] &&
	       !n->joined[3] && n->joined[4] && n->joined[5] && n->joined[6];
}

static size_t phone_at(const struct text *t, size_t i, struct glyph g)
{
	bool plus = g.c == '+', bracket = g.c == '(';
	struct number n;

	number_read(t, plus || bracket ? i + g.len : i, 16, is_digit, &n);
	/* An area code in brackets begins with 0, as one without. */
	if (n.len < 7 || n.len > 15 || (!plus && n.at[0] != '0'))
		return 0;
	return !plus && is_date(&n) ? 0 : n.end[n.len - 1];
}

static size_t match_phone(const struct text *t, size_t i, const char *shape)
{
	struct glyph g = glyph_at(t, i);

	(void)shape;
	if ((g.c != '0' && g.c != '+' && g.c != '(') ||
	    !begins(t, i, is_alnum) || (i > 0 && glyph_before(t, i) == '+'))
		return 0;
	return phone_at(t, i, g);
}

/* --- e-mail --------------------------------------------------------------- */

static bool local_part(struct glyph g)
{
	return is_alnum(g.c) || g.foreign ||
	       (g.c != '\0' && strchr("._%+-'", g.c) != NULL);
}

static bool domain_part(struct glyph g)
{
	return is_alnum(g.c) || g.foreign || g.c == '-';
}

/* The byte behind a domain with a dot in it, or 0. */
static size_t domain_end(const struct text *t, size_t i)
{
	size_t end = 0, label = 0, dots = 0, stop = i + 255;

	while (i < t->len && i < stop) {
		struct glyph g = glyph_at(t, i);

		if (domain_part(g)) {
			label++;
			if (dots > 0 && label >= 2)
				end = i + g.len;
		} else if (g.c == '.' && label > 0) {
			dots++;
			label = 0;
		} else {
			break;
		}
		i += g.len;
	}
	return end;
}

static size_t match_email(const struct text *t, size_t i, const char *shape)
{
	struct glyph g = glyph_at(t, i);
	size_t count = 0;

	(void)shape;
	if (!local_part(g) || (i > 0 && local_part(glyph_back(t, i))))
		return 0;
	while (i < t->len && count++ < 64 && local_part(g)) {
		i += g.len;
		g = glyph_at(t, i);
	}
	return g.c == '@' ? domain_end(t, i + g.len) : 0;
}

/* --- shapes --------------------------------------------------------------- */

static bool shape_takes(char shape, struct glyph g)
{
	switch (shape) {
	case '#':
		return is_digit(g.c);
	case '@':
		return is_letter(g.c);
	case '?':
		return is_alnum(g.c);
	default:
		return g.c == glyph_upper(shape);
	}
}

static size_t match_shape(const struct text *t, size_t i, const char *shape)
{
	char last = '\0';

	if (is_alnum(glyph_at(t, i).c) && !begins(t, i, is_alnum))
		return 0;
	for (; *shape != '\0'; shape++) {
		struct glyph g = glyph_at(t, i);

		if (i >= t->len || !shape_takes(*shape, g))
			return 0;
		last = g.c;
		i += g.len;
	}
	return is_alnum(last) && i < t->len && is_alnum(glyph_at(t, i).c) ? 0
									  : i;
}

/* -------------------------------------------------------------------------- */

static match_fn *const matchers[FINDS] = {
    [FIND_IBAN] = match_iban,	  [FIND_CARD] = match_card,
    [FIND_EMAIL] = match_email,	  [FIND_PHONE] = match_phone,
    [FIND_TAX_ID] = match_tax_id, [FIND_SOCIAL_INSURANCE] = match_insurance,
    [FIND_PATTERN] = match_shape,
};

/* --- places --------------------------------------------------------------- */

/* What a byte is, as bits. */
#define LETTER 1u
#define DIGIT  2u
#define MARK   4u /* the rest of ASCII */
#define WIDE   8u
#define ANY    15u

static unsigned int class_of(char c)
{
#define M8 MARK, MARK, MARK, MARK, MARK, MARK, MARK, MARK
#define L8 LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER
#define D8 DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT
#define AZ                                                                    \
	MARK, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, L8, L8, \
	    LETTER, LETTER, LETTER, MARK, MARK, MARK, MARK, MARK
	static const unsigned char classes[128] = {
	    M8,	  M8,	M8,   M8,   M8,	  M8,	D8, DIGIT, DIGIT,
	    MARK, MARK, MARK, MARK, MARK, MARK, AZ, AZ,
	};

	return glyph_is_plain(c) ? classes[(unsigned char)c] : WIDE;
}

/* What its matches begin with. */
static unsigned int begins_with(const struct policy_finder *finder)
{
	switch (finder->find) {
	case FIND_IBAN:
		return LETTER | WIDE;
	case FIND_CARD:
	case FIND_TAX_ID:
	case FIND_SOCIAL_INSURANCE:
		return DIGIT | WIDE;
	case FIND_PHONE:
		return DIGIT | MARK | WIDE;
	case FIND_PATTERN:
		if (finder->shape[0] == '#')
			return DIGIT | WIDE;
		if (finder->shape[0] == '@')
			return LETTER | WIDE;
		if (finder->shape[0] == '?')
			return LETTER | DIGIT | WIDE;
		return class_of(finder->shape[0]) | WIDE;
	default:
		return ANY;
	}
}

/* Many finders in one reading of a text. */
struct search {
	struct text t;
	const struct policy_finder *finders;
	size_t len;
	unsigned int classes; /* of all of them */
	unsigned char of[POLICY_FINDERS_MAX];
};

static void search_begin(struct search *s, const struct policy_finder *finders,
			 size_t len, const char *text, size_t text_len)
{
	assert(len <= POLICY_FINDERS_MAX);
	s->t = (struct text){text, text_len};
	s->finders = finders;
	s->len = len;
	s->classes = 0;
	for (size_t k = 0; k < s->len; k++) {
		s->of[k] = (unsigned char)begins_with(&finders[k]);
		s->classes |= s->of[k];
	}
}

/* The next place at or after i where something may begin; the end: none.  In
 * the middle of a plain word or number nothing does: each finder wants
 * something else before what it finds. */
static size_t search_place(const struct search *s, size_t i,
			   unsigned int *ret_class)
{
	/* What may begin behind a byte of that class. */
	static const unsigned char behind[ANY + 1] = {
	    [LETTER] = ANY & ~LETTER,
	    [DIGIT] = ANY & ~(LETTER | DIGIT),
	    [MARK] = ANY,
	    [WIDE] = ANY,
	};
	unsigned int may, c;

	if (i >= s->t.len)
		return i;
	may = i > 0 ? behind[class_of(s->t.bytes[i - 1])] : ANY;
	for (; i < s->t.len; i++, may = behind[c]) {
		c = class_of(s->t.bytes[i]);
		if ((c & may & s->classes) == 0)
			continue;
		*ret_class = c;
		break;
	}
	return i;
}

static size_t search_match(const struct search *s, size_t k, size_t i,
			   unsigned int class)
{
	const struct policy_finder *f = &s->finders[k];

	return (s->of[k] & class) != 0 ? matchers[f->find](&s->t, i, f->shape)
				       : 0;
}

bool redact_next(const struct policy_finder *finders, size_t finders_len,
		 const char *text, size_t text_len, size_t from,
		 struct redact_match *ret)
{
	struct redact_match best;
	unsigned int class = 0;
	struct search s;
	size_t end;

	search_begin(&s, finders, finders_len, text, text_len);
	for (size_t i = search_place(&s, from, &class); i < text_len;
	     i = search_place(&s, i + glyph_at(&s.t, i).len, &class)) {
		best = (struct redact_match){.start = i};
		for (size_t k = 0; k < s.len; k++) {
			end = search_match(&s, k, i, class);
			if (end <= best.end)
				continue;
			best.end = end;
			best.finder = k;
		}
		if (best.end > 0) {
			*ret = best;
			return true;
		}
	}
	return false;
}

uint64_t redact_which(const struct policy_finder *finders, size_t finders_len,
		      const char *text, size_t text_len)
{
	uint64_t found = 0, all;
	unsigned int class = 0;
	struct search s;

	search_begin(&s, finders, finders_len, text, text_len);
	all = s.len < 64 ? (UINT64_C(1) << s.len) - 1 : UINT64_MAX;
	for (size_t i = search_place(&s, 0, &class);
	     i < text_len && found != all;
	     i = search_place(&s, i + glyph_at(&s.t, i).len, &class))
		for (size_t k = 0; k < s.len; k++)
			if ((found >> k & 1) == 0 &&
			    search_match(&s, k, i, class) > 0)
				found |= UINT64_C(1) << k;
	return found;
}

void redact_label(const struct policy_finder *finder,
		  char ret[REDACT_LABEL_BYTES])
{
	static const char *const labels[FIND_PATTERN] = {
	    [FIND_IBAN] = "IBAN",	 [FIND_CARD] = "KARTENNUMMER",
	    [FIND_EMAIL] = "E-MAIL",	 [FIND_PHONE] = "TELEFON",
	    [FIND_TAX_ID] = "STEUER-ID", [FIND_SOCIAL_INSURANCE] = "SV-NUMMER",
	};
	const char *label =
	    finder->find == FIND_PATTERN ? finder->name : labels[finder->find];
	size_t len = 0;

	ret[len++] = '[';
	while (*label != '\0' && len < NAME_LEN_MAX + 1)
		ret[len++] = glyph_upper(*label++);
	ret[len++] = ']';
	ret[len] = '\0';
}
