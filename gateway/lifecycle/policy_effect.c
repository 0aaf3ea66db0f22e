/* policy_effect.c - the counted effect of a policy: written, read, compared. */
#include "postern/policy_effect.h"

#include <sodium.h>

#include "postern/caldate.h"
#include "postern/jsonmem.h"

#define TEXT_MAX    (256u * 1024)
#define JSON_FLAGS  JSON_COMPACT
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct figure {
	const char *name;
	size_t at;
	bool watched; /* more of it than approved is refused */
} figures[] = {
#define FIGURE(f, watched)                                            \
	{                                                             \
#f, offsetof(struct policy_effect_counts, f), watched \
	}
    FIGURE(items, false), FIGURE(earlier, true),    FIGURE(later, false),
    FIGURE(never, true),  FIGURE(unchanged, false), FIGURE(forwarded, false),
    FIGURE(held, false),  FIGURE(redacted, false),
#undef FIGURE
};

static int64_t *count_at(struct policy_effect_counts *c, const struct figure *f)
{
	return (int64_t *)(void *)((char *)c + f->at);
}

static int64_t count_of(const struct policy_effect_counts *c,
			const struct figure *f)
{
	return *(const int64_t *)(const void *)((const char *)c + f->at);
}

/* --- adding --------------------------------------------------------------- */

/* Where the name is, or would be. */
static size_t row_at(const struct policy_effect *e, const struct name *datenart,
		     bool *ret_found)
{
	size_t from = 0, to = e->rows_len;

	*ret_found = false;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int side = strcmp(e->rows[mid].datenart.text, datenart->text);

		if (side == 0) {
			*ret_found = true;
			return mid;
		}
		if (side < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static void counts_add(struct policy_effect_counts *to,
		       const struct policy_effect_counts *more)
{
	for (size_t i = 0; i < COUNT_OF(figures); i++)
		*count_at(to, &figures[i]) += count_of(more, &figures[i]);
}

void policy_effect_add(struct policy_effect *e, const struct name *datenart,
		       const struct policy_effect_counts *more)
{
	bool found;
	size_t at = row_at(e, datenart, &found);

	if (!found && e->rows_len == POLICY_EFFECT_ROWS_MAX) {
		at = POLICY_EFFECT_ROWS_MAX - 1;
	} else if (!found) {
		memmove(&e->rows[at + 1], &e->rows[at],
			(e->rows_len - at) * sizeof(e->rows[0]));
		e->rows[at] = (struct policy_effect_row){.datenart = *datenart};
		e->rows_len++;
	}
	counts_add(&e->rows[at].counts, more);
	counts_add(&e->total, more);
}

/* --- as text -------------------------------------------------------------- */

static json_t *counts_json(const char *datenart,
			   const struct policy_effect_counts *c)
{
	json_t *v = json_object();

	if (datenart != NULL)
		(void)json_object_set_new(v, "datenart", json_string(datenart));
	for (size_t i = 0; i < COUNT_OF(figures); i++)
		(void)json_object_set_new(
		    v, figures[i].name,
		    json_integer((json_int_t)count_of(c, &figures[i])));
	return v;
}

int policy_effect_print(const struct policy_effect *e, struct buf *ret,
			struct err *err)
{
	uint64_t failures = jsonmem_failures();
	json_t *rows = json_array(), *v;
	char at[INSTANT_BYTES];
	int rc;

	instant_format(e->at_ms, at);
	for (size_t i = 0; i < e->rows_len; i++)
		(void)json_array_append_new(
		    rows,
		    counts_json(e->rows[i].datenart.text, &e->rows[i].counts));
	v = json_pack("{s:s,s:o,s:o}", "at", at, "total",
		      counts_json(NULL, &e->total), "data", rows);
	rc = jsonmem_print(v, JSON_FLAGS, ret, err);
	json_decref(v);
	/* Numbers may be missing from what was made. */
	if (rc == 0 && jsonmem_failures() != failures)
		rc = ERR_SET(err, ERR_NOMEM, "no memory for an effect", 0);
	return rc;
}

static bool counts_read(const json_t *v, struct policy_effect_counts *ret)
{
	for (size_t i = 0; i < COUNT_OF(figures); i++) {
		const json_t *n = json_object_get(v, figures[i].name);

		if (!json_is_integer(n) || json_integer_value(n) < 0)
			return false;
		*count_at(ret, &figures[i]) = json_integer_value(n);
	}
	return true;
}

static bool row_read(const json_t *v, struct policy_effect *ret)
{
	const json_t *name = json_object_get(v, "datenart");
	struct policy_effect_row *row = &ret->rows[ret->rows_len];

	if (!json_is_string(name) ||
	    !name_set(&row->datenart, json_string_value(name),
		      json_string_length(name)) ||
	    (ret->rows_len > 0 &&
	     strcmp(row[-1].datenart.text, row->datenart.text) >= 0))
		return false;
	ret->rows_len++;
	return counts_read(v, &row->counts);
}

static bool effect_read(const json_t *v, struct policy_effect *ret)
{
	const char *at = json_string_value(json_object_get(v, "at"));
	const json_t *rows = json_object_get(v, "data");

	if (at == NULL || !instant_parse(at, &ret->at_ms) ||
	    !json_is_array(rows) ||
	    json_array_size(rows) > POLICY_EFFECT_ROWS_MAX ||
	    !counts_read(json_object_get(v, "total"), &ret->total))
		return false;
	for (size_t i = 0; i < json_array_size(rows); i++)
		if (!row_read(json_array_get(rows, i), ret))
			return false;
	return true;
}

int policy_effect_parse(const void *text, size_t len, struct policy_effect *ret,
			struct err *err)
{
	bool no_memory = false;
	json_t *v =
	    len > TEXT_MAX
		? NULL
		: jsonmem_load(text, len, JSON_REJECT_DUPLICATES, &no_memory);
	bool good;

	if (no_memory)
		return ERR_SET(err, ERR_NOMEM, "no memory for an effect", 0);
	*ret = (struct policy_effect){0};
	good = v != NULL && effect_read(v, ret);
	json_decref(v);
	return good ? 0 : ERR_SET(err, ERR_CORRUPT, "no counted effect", 0);
}

int policy_effect_digest(const struct policy_effect *e,
			 uint8_t ret[POLICY_EFFECT_DIGEST_BYTES],
			 struct err *err)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	int rc = policy_effect_print(e, &text, err);

	if (rc == 0)
		crypto_generichash(ret, POLICY_EFFECT_DIGEST_BYTES, text.bytes,
				   text.len, NULL, 0);
	buf_free(&text);
	return rc;
}

/* --- compared ------------------------------------------------------------- */

static bool exceeds(const struct policy_effect_counts *pinned,
		    const struct policy_effect_counts *now, int64_t tolerance,
		    struct policy_effect_excess *ret)
{
	for (size_t i = 0; i < COUNT_OF(figures); i++) {
		int64_t was = count_of(pinned, &figures[i]);
		int64_t is = count_of(now, &figures[i]);

		/* Split, so that no product passes what fits. */
		if (!figures[i].watched ||
		    is - was <=
			was / 100 * tolerance + was % 100 * tolerance / 100)
			continue;
		*ret = (struct policy_effect_excess){
		    .figure = figures[i].name, .pinned = was, .now = is};
		return true;
	}
	return false;
}

bool policy_effect_exceeds(const struct policy_effect *pinned,
			   const struct policy_effect *now, int64_t tolerance,
			   struct policy_effect_excess *ret)
{
	static const struct policy_effect_counts none;

	for (size_t i = 0; i < now->rows_len; i++) {
		const struct policy_effect_row *row = &now->rows[i];
		bool found;
		size_t at = row_at(pinned, &row->datenart, &found);

		if (exceeds(found ? &pinned->rows[at].counts : &none,
			    &row->counts, tolerance, ret)) {
			ret->datenart = &row->datenart;
			return true;
		}
	}
	return exceeds(&pinned->total, &now->total, tolerance, ret);
}
