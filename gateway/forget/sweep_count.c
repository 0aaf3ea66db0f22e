/* sweep_count.c - how much goes, Datenart by Datenart; never what. */
#include "sweep_inside.h"

#include "postern/jsonmem.h"

#define PERCENT 100

static struct sweep_count *row_of(struct sweep_counts *c,
				  const struct name *datenart)
{
	for (size_t i = 0; i < c->len; i++)
		if (name_equal(&c->rows[i].datenart, datenart))
			return &c->rows[i];
	/* Twice what a policy may have; what is beyond shares the last. */
	if (c->len == SWEEP_COUNTS_MAX)
		return &c->rows[SWEEP_COUNTS_MAX - 1];
	c->rows[c->len].datenart = *datenart;
	return &c->rows[c->len++];
}

void sweep_count_add(struct sweep_counts *c, const struct name *datenart,
		     bool restricts)
{
	struct sweep_count *row = row_of(c, datenart);

	if (restricts) {
		row->restricted++;
		c->restricted++;
	} else {
		row->erase++;
		c->erase++;
	}
}

/* --- as text -------------------------------------------------------------- */

int sweep_counts_print(const struct sweep_counts *c, struct buf *ret,
		       struct err *err)
{
	uint64_t failures = jsonmem_failures();
	json_t *rows = json_array(), *all;
	int rc;

	for (size_t i = 0; i < c->len; i++)
		(void)json_array_append_new(
		    rows, json_pack("{s:s, s:I, s:I}", "datenart",
				    c->rows[i].datenart.text, "erase",
				    (json_int_t)c->rows[i].erase, "restrict",
				    (json_int_t)c->rows[i].restricted));
	all = json_pack("{s:I, s:I, s:o}", "erase", (json_int_t)c->erase,
			"restrict", (json_int_t)c->restricted, "data", rows);
	rc = jsonmem_print(all, JSON_COMPACT, ret, err);
	json_decref(all);
	if (rc == 0 && jsonmem_failures() != failures)
		rc = ERR_SET(err, ERR_NOMEM, "counts of a sweep", 0);
	return rc;
}

static bool number_of(const json_t *from, const char *key, int64_t *ret)
{
	const json_t *n = json_object_get(from, key);

	if (!json_is_integer(n) || json_integer_value(n) < 0)
		return false;
	*ret = json_integer_value(n);
	return true;
}

static bool row_read(const json_t *from, struct sweep_count *ret)
{
	const char *name = json_string_value(json_object_get(from, "datenart"));

	return name != NULL && name_set(&ret->datenart, name, strlen(name)) &&
	       number_of(from, "erase", &ret->erase) &&
	       number_of(from, "restrict", &ret->restricted);
}

static bool counts_read(const json_t *all, struct sweep_counts *ret)
{
	const json_t *rows = json_object_get(all, "data"), *row;

	*ret = (struct sweep_counts){0};
	if (!number_of(all, "erase", &ret->erase) ||
	    !number_of(all, "restrict", &ret->restricted) ||
	    !json_is_array(rows) || json_array_size(rows) > SWEEP_COUNTS_MAX)
		return false;
	while ((row = json_array_get(rows, ret->len)) != NULL)
		if (!row_read(row, &ret->rows[ret->len++]))
			return false;
	return true;
}

int sweep_counts_parse(const void *text, size_t len, struct sweep_counts *ret,
		       struct err *err)
{
	bool no_memory = false, good;
	json_t *all =
	    jsonmem_load(text, len, JSON_REJECT_DUPLICATES, &no_memory);

	if (no_memory)
		return ERR_SET(err, ERR_NOMEM, "counts of a sweep", 0);
	good = all != NULL && counts_read(all, ret);
	json_decref(all);
	return good ? 0 : ERR_SET(err, ERR_CORRUPT, "counts of a sweep", 0);
}

/* --- compared ------------------------------------------------------------- */

static bool exceeds(int64_t approved, int64_t now, int64_t tolerance,
		    int64_t few)
{
	int64_t more = now - approved;

	/* No product of two counts: a percentage of what was approved. */
	return more > few &&
	       (double)more * PERCENT > (double)approved * (double)tolerance;
}

static int64_t erase_of(const struct sweep_counts *c,
			const struct name *datenart)
{
	for (size_t i = 0; i < c->len; i++)
		if (name_equal(&c->rows[i].datenart, datenart))
			return c->rows[i].erase;
	return 0;
}

bool sweep_counts_exceed(const struct sweep_counts *approved,
			 const struct sweep_counts *now, int64_t tolerance,
			 int64_t few)
{
	for (size_t i = 0; i < now->len; i++)
		if (exceeds(erase_of(approved, &now->rows[i].datenart),
			    now->rows[i].erase, tolerance, few))
			return true;
	return exceeds(approved->erase, now->erase, tolerance, few);
}
