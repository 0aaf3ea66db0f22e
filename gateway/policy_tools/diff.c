/* diff.c - what changes from one policy to another, as JSON. */
#include "diff.h"

#include "postern/text.h"

struct changes {
	size_t shorten, reveal;
	json_t *list;
};

static json_t *line_json(size_t line)
{
	return line > 0 ? json_integer((json_int_t)line) : json_null();
}

static json_t *change_json(const struct policy_change *c)
{
	return json_pack(
	    "{s:s,s:s,s:s,s:s,s:s?,s:b,s:b,s:o,s:o,s:s?,s:s?,s:s}", "change",
	    policy_change_name(c->kind), "section", c->section, "name", c->name,
	    "field", c->field, "effect", c->effect, "shortens_retention",
	    c->shortens, "shows_more", c->reveals, "line_old",
	    line_json(c->line_old), "line_new", line_json(c->line_new), "old",
	    c->old, "new", c->new, "text", c->text);
}

static json_t *side_json(const struct diff_side *side)
{
	char digest[2 * POLICY_DIGEST_BYTES + 1];

	hex_encode(policy_digest(side->policy), POLICY_DIGEST_BYTES, digest);
	return json_pack("{s:s,s:s,s:I,s:s}", "file", side->file, "name",
			 policy_name(side->policy)->text, "version",
			 (json_int_t)policy_version(side->policy), "digest",
			 digest);
}

static int on_change(void *ctx, const struct policy_change *c, struct err *err)
{
	struct changes *all = ctx;

	all->shorten += c->shortens;
	all->reveal += c->reveals;
	if (json_array_append_new(all->list, change_json(c)) != 0)
		return ERR_SET(err, ERR_NOMEM, "no memory for changes", 0);
	return 0;
}

int diff_json(const struct diff_side *old, const struct diff_side *new,
	      enum tongue tongue, json_t **ret, struct err *err)
{
	struct changes all = {.list = json_array()};

	if (policy_diff(old->policy, new->policy, tongue, on_change, &all,
			err) != 0) {
		json_decref(all.list);
		return -1;
	}
	*ret =
	    json_pack("{s:o,s:o,s:b,s:b,s:b,s:o}", "old", side_json(old), "new",
		      side_json(new), "nothing", json_array_size(all.list) == 0,
		      "shortens_retention", all.shorten > 0, "shows_more",
		      all.reveal > 0, "changes", all.list);
	return *ret != NULL ? 0 : ERR_SET(err, ERR_NOMEM, "no memory", 0);
}
