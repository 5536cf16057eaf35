"""The port behind which the customer database stands."""

from typing import Protocol

from dialog.crm.types import AccountContext, Balance, Credentials, Customer


class CustomerDatabaseUnavailable(Exception):
    """The customer database is locked, gone, or did not answer in time."""


class UnknownCustomer(LookupError):
    """No customer has this id."""


class CustomerRepository(Protocol):
    """Reads the customer database. Every method may raise `CustomerDatabaseUnavailable`."""

    async def check(self) -> None:
        """Prove that customers can be read."""
        ...

    async def find_by_account(self, account_number: str) -> Customer | None:
        """The customer with exactly this account number."""
        ...

    async def credentials(self, account_number: str) -> Credentials | None:
        """What the answers of a caller who names this account are compared with."""
        ...

    async def customer(self, customer_id: int) -> Customer:
        """One customer.

        Raises:
            UnknownCustomer: nobody has this id.
        """
        ...

    async def balance(self, customer_id: int) -> Balance:
        """What the customer has to pay and when.

        Raises:
            UnknownCustomer: nobody has this id.
        """
        ...

    async def context(self, customer_id: int) -> AccountContext:
        """What an agent should know of the account.

        Raises:
            UnknownCustomer: nobody has this id.
        """
        ...
