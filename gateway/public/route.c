/* route.c - which handler an address of the public has. */
#include "inside.h"

#include <string.h>

static const struct public_route routes[] = {
    /* OpenDSR 2.0, also under its own name, and as it was called before */
    {"GET", "/opendsr/v2/discovery", opendsr_discovery},
    {"GET", "/opendsr/v2/certificate", opendsr_certificate},
    {"POST", "/opendsr/v2/requests", opendsr_create},
    {"GET", "/opendsr/v2/requests/{}", opendsr_status},
    {"DELETE", "/opendsr/v2/requests/{}", opendsr_cancel},
    {"GET", "/v2/discovery", opendsr_discovery},
    {"POST", "/v2/requests", opendsr_create},
    {"GET", "/v2/requests/{}", opendsr_status},
    {"DELETE", "/v2/requests/{}", opendsr_cancel},
    {"POST", "/opengdpr_requests", opendsr_create},
    {"GET", "/opengdpr_requests/{}", opendsr_status},
    {"DELETE", "/opengdpr_requests/{}", opendsr_cancel},
    {"GET", "/v1/discovery", opendsr_discovery},
    {"POST", "/v1/opengdpr_requests", opendsr_create},
    {"GET", "/v1/opengdpr_requests/{}", opendsr_status},
    {"DELETE", "/v1/opengdpr_requests/{}", opendsr_cancel},
    {"GET", "/opendsr/v1/discovery", opendsr_discovery},
    {"POST", "/opendsr/v1/opengdpr_requests", opendsr_create},
    {"GET", "/opendsr/v1/opengdpr_requests/{}", opendsr_status},
    {"DELETE", "/opendsr/v1/opengdpr_requests/{}", opendsr_cancel},
    {"POST", "/opendsr/callback", opendsr_callback},
    /* Data Rights Protocol 1.0 */
    {"POST", "/v1/data-rights-request", drp_create},
    {"GET", "/v1/data-rights-request/{}", drp_status},
    {"DELETE", "/v1/data-rights-request/{}", drp_revoke},
    {"POST", "/v1/agent/{}", drp_agent_put},
    {"GET", "/v1/agent/{}", drp_agent_get},
    {"GET", "/privacy", public_portal_get},
    {"GET", "/privacy/", public_portal_get}, /* as people type it */
    {"POST", "/privacy", public_portal_post},
    {"GET", "/privacy/status/{}", public_status_get},
    {"POST", "/privacy/status/{}", public_status_post},
    {"GET", "/privacy/status/{}/beleg", public_receipt_get},
    {"GET", "/privacy/proof/{}", public_proof_get},
    {"POST", "/privacy/proof/{}", public_proof_post},
    {"GET", "/privacy/paket/{}", public_fetch_get},
    {"DONE", "/privacy/paket/{}", public_fetch_done},
    {"POST", "/privacy/meta/{}", public_meta_post},
    {NULL, NULL, NULL},
};

bool public_part(const char *pattern, const char *path,
		 char ret[PUBLIC_PATH_MAX + 1])
{
	const char *open = strstr(pattern, "{}");
	size_t before, after, len = strlen(path), part;

	ret[0] = '\0';
	if (open == NULL)
		return strcmp(pattern, path) == 0;
	before = (size_t)(open - pattern);
	after = strlen(open + 2);
	if (len <= before + after || strncmp(pattern, path, before) != 0 ||
	    strcmp(open + 2, path + len - after) != 0)
		return false;
	part = len - before - after;
	if (part > PUBLIC_PATH_MAX || memchr(path + before, '/', part) != NULL)
		return false;
	memcpy(ret, path + before, part);
	ret[part] = '\0';
	return true;
}

/* Longest first would be overdone: "/a/{}" and "/a/b" both fit "/a/b", and
 * whoever writes such rows puts the second first. */
const struct public_route *public_route_of(const char *method, const char *path,
					   bool *ret_known)
{
	char part[PUBLIC_PATH_MAX + 1];

	*ret_known = false;
	for (size_t i = 0; routes[i].run != NULL; i++) {
		if (!public_part(routes[i].pattern, path, part))
			continue;
		*ret_known = true;
		if (strcmp(routes[i].method, method) == 0)
			return &routes[i];
	}
	return NULL;
}

void public_methods_of(const char *path, char ret[PUBLIC_METHODS_BYTES])
{
	static const char *const methods[] = {"GET", "POST", "DELETE"};
	size_t len = 0;
	bool known;

	ret[0] = '\0';
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (public_route_of(methods[i], path, &known) != NULL)
			len += (size_t)snprintf(
			    ret + len, PUBLIC_METHODS_BYTES - len, "%s%s",
			    len > 0 ? ", " : "", methods[i]);
}
