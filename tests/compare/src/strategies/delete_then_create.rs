//! Delete, then create: as the first, but a rotation DELETEs the token, then POSTs another and
//! writes it over.
use super::{Pass, Trouble};

impl Pass<'_> {
    pub(super) async fn delete_then_create(&self) -> Result<(), Trouble> {
        if let Some(record) = &self.record {
            if !self.is_due(record) {
                return Ok(());
            }
            self.session.delete(&record.credential.id).await?;
        }
        let credential = self.mint().await?;
        self.publish(&self.fresh(credential, None)).await
    }
}
