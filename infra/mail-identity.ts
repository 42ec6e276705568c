import type { RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  ConfigurationSet,
  ConfigurationSetTlsPolicy,
  EmailIdentity,
  Identity,
  SuppressionReasons,
} from 'aws-cdk-lib/aws-ses';
import type { Stage } from './stage.ts';

/**
 * The domain that letters come from, and how SES sends them. Its DKIM records must be put into the domain's DNS by hand, and new
 * ones for an identity that is made anew: so it lasts.
 */
export class MailIdentity {
  readonly configurationSet: ConfigurationSet;
  readonly identityArn: string;
  readonly configurationSetArn: string;
  readonly configurationSetName: string;
  /** Of the invitations that Cognito sends: they are no letters of ours, so what becomes of them is told to nobody. */
  readonly invitationSetName: string;

  constructor(stack: Stack, stage: Stage, removalPolicy: RemovalPolicy) {
    this.configurationSet = createConfigurationSet(stack, 'MailConfiguration', `secor-${stage.name}`);
    const invitations = createConfigurationSet(stack, 'InvitationConfiguration', `secor-${stage.name}-invitations`);
    this.invitationSetName = invitations.configurationSetName;
    const identity = new EmailIdentity(stack, 'MailIdentity', {
      identity: Identity.domain(stage.mail.identity),
      configurationSet: this.configurationSet,
    });
    identity.applyRemovalPolicy(removalPolicy);
    this.identityArn = identity.emailIdentityArn;
    this.configurationSetName = this.configurationSet.configurationSetName;
    this.configurationSetArn = stack.formatArn({
      service: 'ses',
      resource: 'configuration-set',
      resourceName: this.configurationSetName,
    });
  }
}

function createConfigurationSet(stack: Stack, id: string, configurationSetName: string): ConfigurationSet {
  return new ConfigurationSet(stack, id, {
    configurationSetName,
    // Letters name people and their results: never in the clear.
    tlsPolicy: ConfigurationSetTlsPolicy.REQUIRE,
    suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    reputationMetrics: true,
  });
}
