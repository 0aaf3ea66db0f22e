/* holding_person.c - does anything hold anything of a person? */
#include "holding_inside.h"

#include "postern/lookup.h"
#include "store/family.h"

#define PAGE 256

static const char conversations_sql[] =
    PERSON_FAMILY "SELECT id,person,channel FROM conversation WHERE person IN"
		  " (SELECT id FROM family)";
static const char conversation_sql[] =
    PERSON_FAMILY "SELECT 1 FROM conversation WHERE id=? AND person IN (SELECT"
		  " id FROM family)";
/* A message and what belongs to it; what is deleted from it is kept apart. */
static const char message_sql[] =
    "SELECT id,datenart,received_ms FROM message WHERE id=? UNION ALL"
    " SELECT id,datenart,created_ms FROM attachment WHERE message=?";
static const char notes_sql[] =
    "SELECT id,datenart,at_ms FROM note WHERE conversation=?";

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

/* --- what is in it -------------------------------------------------------- */

static bool name_at(struct worker *w, struct store_rows *rows, unsigned int i,
		    struct name *ret)
{
	struct store_value v = store_column(w->store, rows, i);

	return v.type == STORE_TEXT && name_set(ret, v.bytes, v.len);
}

/* of: person, conversation and channel. */
static int any_of(struct worker *w, const char *sql,
		  const struct store_value *args, size_t args_len,
		  const struct hold_facts *of, bool *ret, struct err *err)
{
	struct hold_facts facts = *of;
	struct store_rows *rows = NULL;
	struct name datenart;
	int64_t hold = 0;
	int rc;

	if (store_start(w->store, sql, args, args_len, &rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0 && hold == 0) {
		facts.item = store_column(w->store, rows, 0).num;
		facts.datenart =
		    name_at(w, rows, 1, &datenart) ? &datenart : NULL;
		facts.received_ms = store_column(w->store, rows, 2).num;
		rc = hold_of(w, &facts, &hold, err);
		if (rc != 0)
			break;
	}
	store_finish(w->store, &rows);
	*ret = hold != 0;
	return rc < 0 ? -1 : 0;
}

static int any_message(struct worker *w, const struct hold_facts *of, bool *ret,
		       struct err *err)
{
	int64_t ids[PAGE], before = INT64_MAX;
	size_t len = PAGE;

	while (len == PAGE && !*ret) {
		if (lookup_conversation(w->store, of->conversation, before, ids,
					PAGE, &len, err) != 0)
			return -1;
		for (size_t i = 0; i < len && !*ret; i++)
			if (any_of(w, message_sql,
				   STORE_ARGS(S_INT(ids[i]), S_INT(ids[i])), of,
				   ret, err) != 0)
				return -1;
		if (len > 0)
			before = ids[len - 1];
	}
	return 0;
}

static int in_conversation(struct worker *w, struct store_rows *rows, bool *ret,
			   struct err *err)
{
	struct name channel;
	const struct hold_facts of = {
	    .conversation = store_column(w->store, rows, 0).num,
	    .person = store_column(w->store, rows, 1).num,
	    .channel = name_at(w, rows, 2, &channel) ? &channel : NULL,
	};

	if (any_of(w, notes_sql, STORE_ARGS(S_INT(of.conversation)), &of, ret,
		   err) != 0)
		return -1;
	return *ret ? 0 : any_message(w, &of, ret, err);
}

static int any_thing(struct worker *w, int64_t person, bool *ret,
		     struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, conversations_sql, STORE_ARGS(S_INT(person)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		rc = in_conversation(w, rows, ret, err);
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
