/** Who wrote a message of the queue: until here it was always somebody here, or the server itself. */
export const forwarding = `
ALTER TABLE queue_message ADD COLUMN origin TEXT NOT NULL DEFAULT 'own';
`;
