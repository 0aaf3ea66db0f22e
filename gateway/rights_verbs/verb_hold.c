/* verb_hold.c - `postern hold ...`: what is not deleted for the time being. */
#include <string.h>

#include "asking.h"

#define PATH_BYTES 80

static const struct asking_of hold = {"hld", "hold", "hold list"};

/* --- shown ---------------------------------------------------------------- */

static void print_one(const json_t *answer)
{
	static const char *const members[] = {
	    "id",      "state",	   "scope",	 "person",   "conversation",
	    "channel", "datenart", "from",	 "to",	     "direction",
	    "kind",    "reason",   "matter_ref", "owner",    "approver",
	    "placed",  "approved", "review",	 "released", "released_by"};
	const json_t *looked = json_object_get(answer, "looked");

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_is_string(json_object_get(answer, members[i])))
			(void)printf("%-13s %s\n", members[i],
				     operator_text(answer, members[i]));
	if (json_is_object(looked))
		(void)printf("%-13s %s, found %lld\n", "words looked for",
			     json_is_true(json_object_get(looked, "complete"))
				 ? "everywhere"
				 : "not everywhere yet: what is left is held",
			     (long long)operator_number(looked, "found"));
}

static void print_list(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "holds"), *one;
	size_t i;

	(void)printf("%-30s  %-9s  %-12s  %s\n", "ID", "STATE", "SCOPE",
		     "REVIEW");
	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf(
		    "%-30s  %-9s  %-12s  %s\n", operator_text(one, "id"),
		    operator_text(one, "state"), operator_text(one, "scope"),
		    operator_text(one, "review"));
}

static int show(struct asking *h, const char *method, const char *what,
		json_t *body, void (*print)(const json_t *answer))
{
	char path[PATH_BYTES];

	(void)snprintf(path, sizeof(path), "/v1/holds%s%s%s",
		       h->id != NULL ? "/" : "", h->id != NULL ? h->id : "",
		       what);
	return asking_show(h, method, path, body, print);
}

/* --- placed --------------------------------------------------------------- */

/* "one,two three": two texts. */
static json_t *texts(const char *list)
{
	json_t *ret = json_array();
	size_t len;

	while (*list != '\0') {
		len = strcspn(list, ",");
		if (len > 0)
			(void)json_array_append_new(ret,
						    json_stringn(list, len));
		list += len + (list[len] == ',');
	}
	return ret;
}

struct place {
	const char *person, *conversation, *datenart, *from, *to, *channel;
	const char *direction, *kind, *tags, *words;
	const char *reason, *matter, *owner, *approver, *review;
};

static const char *scope_of(const struct place *p)
{
	if (p->person != NULL)
		return "person";
	if (p->conversation != NULL)
		return "conversation";
	return p->words != NULL || p->channel != NULL || p->direction != NULL ||
		       p->kind != NULL || p->tags != NULL || p->datenart == NULL
		   ? "query"
		   : "datenart";
}

static json_t *place_json(const struct place *p)
{
	return json_pack(
	    "{s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:o*, s:o*,"
	    " s:s*, s:s*, s:s*, s:s*, s:s*}",
	    "scope", scope_of(p), "person", p->person, "conversation",
	    p->conversation, "datenart", p->datenart, "from", p->from, "to",
	    p->to, "channel", p->channel, "direction", p->direction, "kind",
	    p->kind, "tags", p->tags != NULL ? texts(p->tags) : NULL, "words",
	    p->words != NULL ? texts(p->words) : NULL, "reason", p->reason,
	    "matter_ref", p->matter, "owner", p->owner, "approver", p->approver,
	    "review", p->review);
}

static int hold_place(const struct verb_args *args)
{
	struct asking h = {.args = args};
	struct place p = {0};
	struct option_row rows[] = {{"--token-file", &h.token_file, true},
				    {"--reason", &p.reason, true},
				    {"--matter", &p.matter, true},
				    {"--approver", &p.approver, true},
				    {"--review", &p.review, true},
				    {"--owner", &p.owner, false},
				    {"--person", &p.person, false},
				    {"--conversation", &p.conversation, false},
				    {"--datenart", &p.datenart, false},
				    {"--from", &p.from, false},
				    {"--to", &p.to, false},
				    {"--channel", &p.channel, false},
				    {"--direction", &p.direction, false},
				    {"--kind", &p.kind, false},
				    {"--tags", &p.tags, false},
				    {"--words", &p.words, false}};
	int status = asking_read_bare(&h, args, ROWS(rows));

	return status == EXIT_DONE
		   ? show(&h, "POST", "", place_json(&p), print_one)
		   : status;
}

/* --- the others ----------------------------------------------------------- */

static int act(const struct verb_args *args, const char *what)
{
	struct asking h = {0};
	struct option_row rows[] = {{"--token-file", &h.token_file, true}};
	int status = asking_read(&h, args, &hold, ROWS(rows));

	return status == EXIT_DONE ? show(&h, "POST", what, NULL, print_one)
				   : status;
}

static int hold_approve(const struct verb_args *args)
{
	return act(args, "/approve");
}

static int hold_release(const struct verb_args *args)
{
	return act(args, "/release");
}

static int hold_review(const struct verb_args *args)
{
	const char *until = NULL;
	struct asking h = {0};
	struct option_row rows[] = {{"--token-file", &h.token_file, true},
				    {"--until", &until, true}};
	int status = asking_read(&h, args, &hold, ROWS(rows));

	return status == EXIT_DONE
		   ? show(&h, "POST", "/review",
			  json_pack("{s:s}", "review", until), print_one)
		   : status;
}

static int hold_list(const struct verb_args *args)
{
	const struct option_flag flags[] = {{"--all", &(bool){false}}};
	struct asking h = {.args = args};
	int status = options_read_flags(args, NULL, 0, flags, 1);

	return status == EXIT_DONE
		   ? show(&h, "GET", *flags[0].given ? "?state=all" : "", NULL,
			  print_list)
		   : status;
}

static int hold_show(const struct verb_args *args)
{
	struct asking h = {0};
	int status = asking_read(&h, args, &hold, NULL, 0);

	return status == EXIT_DONE ? show(&h, "GET", "", NULL, print_one)
				   : status;
}

static const struct subverb verbs[] = {
    {"place", hold_place,
     "--token-file FILE --reason TEXT --matter TEXT --approver TOKEN-ID\n"
     "           --review DATE [--owner TOKEN-ID] (--person ID |"
     " --conversation ID |\n"
     "           --datenart NAME [--from DATE] [--to DATE] |\n"
     "           [--words TEXT,TEXT] [--channel NAME] [--datenart NAME]"
     " [--from DATE]\n"
     "           [--to DATE] [--direction in|out] [--kind KIND] [--tags"
     " TAG,TAG])"},
    {"approve", hold_approve, "ID --token-file FILE"},
    {"review", hold_review, "ID --until DATE --token-file FILE"},
    {"release", hold_release, "ID --token-file FILE"},
    {"list", hold_list, "[--all]"},
    {"show", hold_show, "ID"},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

int verb_hold(const struct verb_args *args)
{
	return subverb_run(args, "hold", verbs, VERBS);
}

void verb_hold_usage(FILE *out)
{
	subverb_usage(out, "hold", verbs, VERBS);
}
