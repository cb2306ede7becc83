# The vendor's Python client makes, lists, changes and deletes a token, and uses its access token, in NERM too.
import datetime
import os

from sailpoint.configuration import Configuration, ConfigurationParams
from sailpoint.nerm.api.system_roles_api import SystemRolesApi
from sailpoint.nerm.api_client import ApiClient as NermClient
from sailpoint.personal_access_tokens.api.personal_access_tokens_api import PersonalAccessTokensApi
from sailpoint.personal_access_tokens.api_client import ApiClient as TokenClient
from sailpoint.personal_access_tokens.models.create_personal_access_token_request import (
    CreatePersonalAccessTokenRequest,
)
from sailpoint.personal_access_tokens.models.json_patch_operation import JsonPatchOperation
from sailpoint.personal_access_tokens.models.json_patch_operation_value import JsonPatchOperationValue
from sailpoint.public_identities.api.public_identities_api import PublicIdentitiesApi
from sailpoint.public_identities.api_client import ApiClient as IdentityClient

NAME = "made by python"

api = PersonalAccessTokensApi(TokenClient(Configuration()))

expiry = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
created = api.create_personal_access_token_v1(
    CreatePersonalAccessTokenRequest(
        name=NAME, scope=["sp:scopes:default"], accessTokenValiditySeconds=600, expirationDate=expiry
    )
)
assert created.name == NAME and created.scope == ["sp:scopes:default"], created.name
assert created.access_token_validity_seconds == 600
assert abs(created.expiration_date - expiry) < datetime.timedelta(milliseconds=2), created.expiration_date

listed = [token for token in api.list_personal_access_tokens_v1(owner_id="me") if token.id == created.id]
assert [token.name for token in listed] == [NAME] and listed[0].last_used is None

rename = JsonPatchOperation(op="replace", path="/name", value=JsonPatchOperationValue("renamed by python"))
patched = api.patch_personal_access_token_v1(created.id, [rename])
assert patched.name == "renamed by python" and patched.owner.id == created.owner.id

own = ConfigurationParams()
own.base_url = os.environ["SAIL_BASE_URL"]
own.client_id, own.client_secret = created.id, created.secret
identities = PublicIdentitiesApi(IdentityClient(Configuration(own))).get_public_identities_v1(limit=1)
assert len(identities) == 1, identities
roles = SystemRolesApi(NermClient(Configuration(own))).get_system_roles(limit=1).system_roles
assert len(roles) == 1, roles

api.delete_personal_access_token_v1(created.id)
assert created.id not in [token.id for token in api.list_personal_access_tokens_v1(owner_id="me")]
print("the Python client made, listed, changed, used and deleted a token")
