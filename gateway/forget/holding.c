/* holding.c - see holding.h.
 *
 * Source: Art. 17(3)(e) GDPR; compliance 3.4, 9 H1 to H3. */
#include "holding.h"

#include "store/family.h"

/* Everything of a person that a hold can be about. */
static const char things_sql[] = PERSON_FAMILY
    ",of(id,person,channel) AS (SELECT id,person,channel FROM conversation"
    " WHERE person IN (SELECT id FROM family))"
    " SELECT m.id,of.person,of.id,of.channel,m.datenart,m.received_ms FROM"
    " message m JOIN of ON m.conversation=of.id"
    " UNION ALL SELECT a.id,of.person,of.id,of.channel,a.datenart,a.created_ms"
    " FROM of CROSS JOIN message m ON m.conversation=of.id CROSS JOIN"
    " attachment a ON a.message=m.id"
    " UNION ALL SELECT n.id,of.person,of.id,of.channel,n.datenart,n.at_ms FROM"
    " note n JOIN of ON n.conversation=of.id";
static const char conversation_sql[] =
    PERSON_FAMILY "SELECT 1 FROM conversation WHERE id=? AND person IN (SELECT"
		  " id FROM family)";

/* Of a whole person or conversation: no need to look at what is in it. */
static int whole(struct worker *w, const struct hold_row *h, int64_t person,
		 bool *ret, struct err *err)
{
	const struct hold_facts facts = {.person = person};
	int64_t one;

	*ret = false;
	if (h->scope == HOLD_PERSON)
		return hold_covers(w, h, &facts, ret, err);
	if (h->scope != HOLD_CONVERSATION)
		return 0;
	return store_one_int(w->store, conversation_sql,
			     STORE_ARGS(S_INT(person), S_INT(h->conversation)),
			     &one, ret, err);
}

static bool name_at(struct worker *w, struct store_rows *rows, unsigned int i,
		    struct name *ret)
{
	struct store_value v = store_column(w->store, rows, i);

	return v.type == STORE_TEXT && name_set(ret, v.bytes, v.len);
}

static int thing_held(struct worker *w, struct store_rows *rows, bool *ret,
		      struct err *err)
{
	struct name channel, datenart;
	struct hold_facts facts = {
	    .item = store_column(w->store, rows, 0).num,
	    .person = store_column(w->store, rows, 1).num,
	    .conversation = store_column(w->store, rows, 2).num,
	    .channel = name_at(w, rows, 3, &channel) ? &channel : NULL,
	    .datenart = name_at(w, rows, 4, &datenart) ? &datenart : NULL,
	    .received_ms = store_column(w->store, rows, 5).num,
	};
	int64_t hold = 0;

	if (hold_of(w, &facts, &hold, err) != 0)
		return -1;
	*ret = hold != 0;
	return 0;
}

static int any_thing(struct worker *w, int64_t person, bool *ret,
		     struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, things_sql, STORE_ARGS(S_INT(person)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		rc = thing_held(w, rows, ret, err);
		if (rc != 0 || *ret)
			break;
	}
	store_finish(w->store, &rows);
	return rc;
}

int holding_of_person(struct worker *w, int64_t person, bool *ret,
		      struct err *err)
{
	const struct hold_row *rows;
	bool inside = false;
	size_t len;

	*ret = false;
	if (hold_active(w, &rows, &len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (whole(w, &rows[i], person, ret, err) != 0)
			return -1;
		if (*ret)
			return 0;
		inside |= rows[i].scope == HOLD_DATENART ||
			  rows[i].scope == HOLD_QUERY;
	}
	return inside ? any_thing(w, person, ret, err) : 0;
}
