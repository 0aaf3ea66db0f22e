/* verb_token.c - `postern token create|list|revoke`. */
#include "operator.h"

#define USAGE                                                                \
	"token create --scope SCOPE [--helpdesk NAME] [--days 90] [--label " \
	"TEXT] | list | revoke ID"
#define SCOPES_BYTES 64

struct wish {
	char scopes[SCOPES_BYTES];
	const char *helpdesk, *days, *label;
};

static bool add_scope(struct wish *wish, const char *scope)
{
	size_t len = strlen(wish->scopes);
	int n = snprintf(wish->scopes + len, sizeof(wish->scopes) - len, "%s%s",
			 len > 0 ? " " : "", scope);

	return n > 0 && (size_t)n < sizeof(wish->scopes) - len;
}

static bool read_wish(const struct verb_args *args, struct wish *ret)
{
	for (int i = 1; i < args->argc; i++) {
		const char *name = args->argv[i];
		const char *value = operator_option(args, &i);

		if (value == NULL)
			return false;
		if (strcmp(name, "--scope") == 0) {
			if (!add_scope(ret, value))
				return false;
		} else if (strcmp(name, "--helpdesk") == 0) {
			ret->helpdesk = value;
		} else if (strcmp(name, "--days") == 0) {
			ret->days = value;
		} else if (strcmp(name, "--label") == 0) {
			ret->label = value;
		} else {
			return false;
		}
	}
	return ret->scopes[0] != '\0';
}

static bool read_days(const char *text, json_int_t *ret)
{
	json_int_t days = 0;

	if (text[0] == '\0' || strlen(text) > 5 ||
	    strspn(text, "0123456789") != strlen(text))
		return false;
	for (; *text != '\0'; text++)
		days = days * 10 + (*text - '0');
	*ret = days;
	return true;
}

static void print_created(const json_t *answer)
{
	(void)printf("%s\n", operator_text(answer, "token"));
	(void)fprintf(stderr,
		      "%s, scopes %s, until %s.  The token is not shown"
		      " again.\n",
		      operator_text(answer, "id"),
		      operator_text(answer, "scopes"),
		      operator_text(answer, "expires"));
}

static int create(const struct verb_args *args)
{
	struct operator_call call = {.method = "POST", .path = "/v1/tokens"};
	struct wish wish = {0};
	json_int_t days = 0;
	int rc;

	if (!read_wish(args, &wish) ||
	    (wish.days != NULL && !read_days(wish.days, &days)))
		return operator_usage(USAGE);
	call.body = json_pack("{s:s}", "scopes", wish.scopes);
	if (wish.helpdesk != NULL)
		(void)json_object_set_new(call.body, "helpdesk",
					  json_string(wish.helpdesk));
	if (wish.label != NULL)
		(void)json_object_set_new(call.body, "label",
					  json_string(wish.label));
	if (wish.days != NULL)
		(void)json_object_set_new(call.body, "days",
					  json_integer(days));
	rc = operator_show(args, &call, print_created);
	json_decref(call.body);
	return rc;
}

static void print_list(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "tokens"), *one;
	size_t i;

	(void)printf("%-30s  %-8s  %-20s  %-12s  %-20s  %-20s  %s\n", "ID",
		     "STATE", "SCOPES", "HELPDESK", "EXPIRES", "USED", "LABEL");
	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf(
		    "%-30s  %-8s  %-20s  %-12s  %-20s  %-20s  %s\n",
		    operator_text(one, "id"), operator_text(one, "state"),
		    operator_text(one, "scopes"),
		    operator_text(one, "helpdesk"),
		    operator_text(one, "expires"), operator_text(one, "used"),
		    operator_text(one, "label"));
}

static void print_revoked(const json_t *answer)
{
	(void)printf("%s revoked\n", operator_text(answer, "id"));
}

static int revoke(const struct verb_args *args)
{
	char path[80];
	const struct operator_call call = {.method = "POST", .path = path};

	if (args->argc != 2)
		return operator_usage(USAGE);
	if (!operator_id(args->argv[1], "tok"))
		return EXIT_USAGE;
	(void)snprintf(path, sizeof(path), "/v1/tokens/%s/revoke",
		       args->argv[1]);
	return operator_show(args, &call, print_revoked);
}

int verb_token(const struct verb_args *args)
{
	const struct operator_call list = {.method = "GET",
					   .path = "/v1/tokens"};

	if (args->argc >= 1 && strcmp(args->argv[0], "create") == 0)
		return create(args);
	if (args->argc == 1 && strcmp(args->argv[0], "list") == 0)
		return operator_show(args, &list, print_list);
	if (args->argc >= 1 && strcmp(args->argv[0], "revoke") == 0)
		return revoke(args);
	return operator_usage(USAGE);
}
