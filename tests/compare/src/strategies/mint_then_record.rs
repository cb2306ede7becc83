//! Mint, then record: POST a token, write it into the Secret; rotate by POST, write over, DELETE
//! the one before later.
use pat_operator::api::personal_access_token::Rotation;

use super::record::Record;
use super::{Pass, Trouble, after};

impl Pass<'_> {
    pub(super) async fn mint_then_record(&self) -> Result<(), Trouble> {
        let Some(record) = &self.record else {
            let credential = self.mint().await?;
            return self.publish(&self.fresh(credential, None)).await;
        };
        match &record.previous {
            Some(previous) if self.is_overlap_over(record) => {
                self.session.delete(previous).await?;
                let record = Record { previous: None, ..record.clone() };
                self.publish(&record).await
            }
            None if self.is_due(record) => {
                let credential = self.mint().await?;
                let record = self.fresh(credential, Some(record.credential.id.clone()));
                self.publish(&record).await
            }
            _ => Ok(()),
        }
    }

    fn is_overlap_over(&self, record: &Record) -> bool {
        let rotation = self.resource.spec.rotation.as_ref();
        let overlap = rotation.and_then(Rotation::overlap_seconds).unwrap_or_default();
        self.objects.now() >= after(record.issued, overlap)
    }
}
