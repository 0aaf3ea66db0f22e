/* consentrecord_terms.c - terms of the Data Privacy Vocabulary 2.3 that are
 * checked: purposes, legal bases, rights.  Its root classes say nothing of
 * their own and are not in. */
#include "recordfield.h"

#include <string.h>

static const char *const purposes[] = {
    "AcademicResearch",
    "AccountManagement",
    "Advertising",
    "AgeVerification",
    "CombatClimateChange",
    "CommercialPurpose",
    "CommercialResearch",
    "CommunicationForCustomerCare",
    "CommunicationManagement",
    "CounterMoneyLaundering",
    "Counterterrorism",
    "CustomerCare",
    "CustomerClaimsManagement",
    "CustomerManagement",
    "CustomerOrderManagement",
    "CustomerRelationshipManagement",
    "CustomerSolvencyMonitoring",
    "DataAltruism",
    "DeliveryOfGoods",
    "DirectMarketing",
    "DisputeManagement",
    "EnforceAccessControl",
    "EnforceSecurity",
    "EstablishContractualAgreement",
    "FraudPreventionAndDetection",
    "FulfilmentOfContractualObligation",
    "FulfilmentOfObligation",
    "HumanResourceManagement",
    "IdentityAuthentication",
    "IdentityVerification",
    "ImproveExistingProductsAndServices",
    "ImproveHealthcare",
    "ImproveInternalCRMProcesses",
    "ImprovePublicServices",
    "ImproveTransportMobility",
    "IncreaseServiceRobustness",
    "InternalResourceOptimisation",
    "LegalCompliance",
    "MaintainFraudDatabase",
    "Marketing",
    "MemberPartnerManagement",
    "MisusePreventionAndDetection",
    "NonCommercialPurpose",
    "NonCommercialResearch",
    "OptimisationForConsumer",
    "OptimisationForController",
    "OptimiseUserInterface",
    "OrganisationComplianceManagement",
    "OrganisationGovernance",
    "OrganisationRiskManagement",
    "PaymentManagement",
    "Personalisation",
    "PersonalisedAdvertising",
    "PersonalisedBenefits",
    "PersonnelBehaviourMonitoring",
    "PersonnelHiring",
    "PersonnelManagement",
    "PersonnelMonitoring",
    "PersonnelOffboarding",
    "PersonnelOnboarding",
    "PersonnelPayment",
    "PersonnelPerformanceEvaluation",
    "PersonnelPerformanceManagement",
    "PersonnelPerformanceMonitoring",
    "PersonnelPerformancePrediction",
    "PersonnelPromotionManagement",
    "PersonnelTerminationManagement",
    "PersonnelWorkloadManagement",
    "PoliticalCampaign",
    "ProtectionOfIPR",
    "ProtectionOfNationalSecurity",
    "ProtectionOfPublicSecurity",
    "ProvideEventRecommendations",
    "ProvideOfficialStatistics",
    "ProvidePersonalisedRecommendations",
    "ProvideProductRecommendations",
    "PublicBenefit",
    "PublicPolicyMaking",
    "PublicRelations",
    "RecordManagement",
    "RecruitmentAdvertising",
    "RecruitmentApplicantBackgroundCheck",
    "RecruitmentApplicantCriminalBackgroundCheck",
    "RecruitmentApplicantInformationAuthentication",
    "RecruitmentApplicantSelection",
    "RecruitmentApplicationAnalysis",
    "RecruitmentApplicationManagement",
    "RecruitmentApplicationScreening",
    "RecruitmentInterviewAnalysis",
    "RecruitmentInterviewAssessment",
    "RecruitmentInterviewManagement",
    "RecruitmentInterviewScheduling",
    "RecruitmentManagement",
    "RecruitmentTargetedAdvertising",
    "RepairImpairments",
    "RequestedServiceProvision",
    "ResearchAndDevelopment",
    "RightsFulfilment",
    "ScientificResearch",
    "SearchFunctionalities",
    "SellDataToThirdParties",
    "SellInsightsFromData",
    "SellProducts",
    "SellProductsToDataSubject",
    "ServiceAccessDetermination",
    "ServiceManagement",
    "ServiceMonitoring",
    "ServiceOptimisation",
    "ServicePersonalisation",
    "ServiceProvision",
    "ServiceRegistration",
    "ServiceUsageAnalytics",
    "SocialMediaMarketing",
    "TargetedAdvertising",
    "TechnicalServiceProvision",
    "UserInterfacePersonalisation",
    "VendorManagement",
    "VendorPayment",
    "VendorRecordsManagement",
    "VendorSelectionAssessment",
    "Verification",
};

static const char *const bases[] = {
    "A6-1-a",
    "A6-1-a-explicit-consent",
    "A6-1-a-non-explicit-consent",
    "A6-1-b",
    "A6-1-b-contract-performance",
    "A6-1-b-enter-into-contract",
    "A6-1-c",
    "A6-1-d",
    "A6-1-d-data-subject",
    "A6-1-d-natural-person",
    "A6-1-e",
    "A6-1-e-official-authority",
    "A6-1-e-public-interest",
    "A6-1-f",
    "A6-1-f-controller",
    "A6-1-f-third-party",
    "Consent",
    "A9-2-a",
    "A9-2-b",
    "A9-2-c",
    "A9-2-d",
    "A9-2-e",
    "A9-2-f",
    "A9-2-g",
    "A9-2-h",
    "A9-2-i",
    "A9-2-j",
};

static const char *const rights[] = {
    "A13", "A14",     "A15",	 "A16",	    "A17",  "A18", "A19", "A20", "A21",
    "A22", "A22-3-a", "A22-3-b", "A22-3-c", "A7-3", "A77", "A78", "A79",
};

static bool is_in(const char *term, const char *const *all, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(all[i], term) == 0)
			return true;
	return false;
}

/* Of the namespace of the GDPR. */
static const char *gdpr_term(const char *text)
{
	static const char *const prefixes[] = {
	    "eu-gdpr:", "https://w3id.org/dpv/legal/eu/gdpr#"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
			return text + strlen(prefixes[i]);
	return text;
}

#define IS_IN(term, all) is_in(term, all, sizeof(all) / sizeof((all)[0]))

bool consentrecord_is_purpose(const char *text)
{
	const char *term = dpv_term(text);

	return IS_IN(term != NULL ? term : text, purposes);
}

bool consentrecord_is_legal_basis(const char *text)
{
	return IS_IN(gdpr_term(text), bases);
}

bool consentrecord_is_right(const char *text)
{
	return IS_IN(gdpr_term(text), rights);
}
